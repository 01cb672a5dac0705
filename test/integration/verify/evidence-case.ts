import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AlgoliaServer } from '../../../src/local/algolia/server.ts';
import { drained, lineConfig, released, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { type Program, startProgram } from '../../support/program.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { createLog } from './verify-case.ts';

const TABLES = { 'public.t': { index: 't' } };

/** What an audit log holds, and what goes wrong with it: microseconds, NULLs, escapes, unicode, numbers of all kinds, rows without a time. */
const TABLE = `CREATE TABLE t (id int8 PRIMARY KEY, occurred_at timestamptz, actor text, attempts int, ratio float8, amount numeric(10,2), data jsonb);
  CREATE INDEX ON t (occurred_at)`;
const ROWS = `INSERT INTO t VALUES
    (1, '2026-01-01 00:00:00.000001+00', 'ann', 1, 0.1, 12.50, '{"b": [1.0, 1e3, -0.0], "a": {"é": null, "\\u2028": true}}'),
    (2, '2025-12-31 23:59:59.999999+00', E'tab\\t "quote" \\\\ \\x01\\x7f', NULL, 1e-7, NULL, '{"big": 1e400, "exact": 12345678901234567890, "tie": 18014398509481988}'),
    (3, '1969-12-31 23:59:59.9995+00', 'é\u{1f600}\uffff', -5, 1e21, 0.00, '["\u{1f600}", {"\u{1f600}": 1, "\uffff": 2, "z": {}}, [], ""]'),
    (4, NULL, NULL, NULL, NULL, NULL, NULL),
    (5, '2026-06-30 12:00:00.123456+02', '', 2147483647, 'NaN', -99999999.99, 'null'),
    (9007199254740993, '2026-06-30 12:00:00.1+00', 'large id', 0, '-0', 1, '{"deep": [[[[[[1]]]]]]}');
  INSERT INTO t SELECT i, timestamptz '2024-01-01 00:00:00.654321+00' + i * interval '37 minutes', 'user ' || i, i, i / 7.0, i / 3.0,
    jsonb_build_object('n', i / 11.0, 'list', jsonb_build_array(i, i::text, NULL)) FROM generate_series(100, 400) i`;

/** The mapped part of each row, and what windows are made by: by hand, from docs/mapping.md. */
export const MAPPED = `SELECT id::text AS object_id, floor(extract(epoch FROM occurred_at) * 1000) AS occurred_at_ms, jsonb_build_object(
    'source_table', 'public.t',
    'id', CASE WHEN abs(id) <= 9007199254740991 THEN to_jsonb(id) ELSE to_jsonb(id::text) END,
    'occurred_at', regexp_replace(to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '\\.?0+$', '') || 'Z',
    'occurred_at_ms', floor(extract(epoch FROM occurred_at) * 1000),
    'actor', actor, 'attempts', attempts, 'ratio', CASE WHEN ratio = 'NaN' THEN NULL ELSE ratio END, 'amount', amount, 'data', data) AS mapped FROM t`;

export type EvidenceCase = AsyncDisposable & {
  readonly database: TestDatabase;
  readonly server: AlgoliaServer;
  readonly directory: string;
  start(args: readonly string[], env?: Readonly<Record<string, string>>): Program;
  /** The command, in the directory, with the key unless an environment is given. */
  verify(
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
};

/** Table and index agree, and nobody holds the slot. In the directory are a configuration and both keys. */
export async function evidenceCase(): Promise<EvidenceCase> {
  const database = await createDatabase();
  const server = await startIndex();
  const scratch = await scratchDirectory();
  const { path: directory } = scratch;
  await createLog(database, { sql: TABLE });
  const config = lineConfig(database, server, { tables: TABLES });
  await using line = startLine(config);
  await database.client.query(ROWS);
  await drained(database);
  await line.stop();
  await released(database);
  const { privateKey: key, publicKey } = generateKeyPairSync('ed25519');
  const write = (name: string, text: string | Buffer) => writeFile(join(directory, name), text);
  await write('wal2algolia.config.json', JSON.stringify(config));
  await write('key.pem', key.export({ type: 'pkcs8', format: 'pem' }));
  await write('public.pem', publicKey.export({ type: 'spki', format: 'pem' }));
  const start: EvidenceCase['start'] = (
    args,
    env = { WAL2ALGOLIA_EVIDENCE_KEY_FILE: join(directory, 'key.pem') },
  ) => startProgram(['verify', ...args], { cwd: directory, env });
  return {
    database,
    server,
    directory,
    start,
    verify: async (args, env) => {
      await using program = start(args, env);
      const { code } = await program.ended;
      return { code, stdout: program.stdout(), stderr: program.stderr() };
    },
    [Symbol.asyncDispose]: async () => {
      await scratch[Symbol.asyncDispose]();
      await server.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** Runs a script, with what it is given as $1 and so on; its standard output. */
export function shell(script: string, cwd: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('sh', ['-euc', script, 'sh', ...args], {
    cwd,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${script} ended with ${status}: ${stderr}`);
  return stdout.trim();
}
