import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type EvidenceWindow, rootOf } from '../../../src/verify/evidence-statement.ts';
import { evidenceWindow } from '../../../src/verify/evidence-windows.ts';
import { lineConfig } from '../../support/line.ts';
import { waitFor } from '../../support/wait-for.ts';
import { type EvidenceCase, evidenceCase, MAPPED, shell } from './evidence-case.ts';
import { evidenceSql } from './evidence-sql.ts';
import { intruder, TABLES, verified } from './verify-case.ts';

type Statement = {
  readonly windows: readonly { readonly hash: string; readonly count: number }[];
  readonly root: string;
};

/** Hashes of windows and the root, in SQL for the leaves and in a shell for the rest. `mapped` says what is hashed of each row. */
async function recomputed(
  { database: { client }, directory }: EvidenceCase,
  text: string,
  { mapped = MAPPED, sort = 'sort' } = {},
) {
  await client.query(
    await evidenceSql().then((sql) => sql.replaceAll('CREATE FUNCTION', 'CREATE OR REPLACE FUNCTION')),
  );
  const { rows: windows } = await client.query<{ leaves: string; line: string }>(
    `WITH leaf AS MATERIALIZED (SELECT object_id, pg_temp.leaf(object_id, mapped) AS leaf, occurred_at_ms AS ms FROM (${mapped}) mapped),
          window_of AS (SELECT place, each, (each->>'from')::numeric AS from_ms, (each->>'to')::numeric AS to_ms,
                               coalesce((each->'outside')::boolean, false) AS outside, (each->>'slice')::int AS slice, (each->>'slices')::int AS slices
                        FROM jsonb_array_elements($1::jsonb->'windows') WITH ORDINALITY listed(each, place)),
          by AS (SELECT $1::jsonb->>'windowsBy' AS by)
     SELECT pg_temp.canonical(each) AS line, coalesce((SELECT string_agg(leaf, E'\\n') FROM leaf, by WHERE CASE
         WHEN by IS NULL THEN true WHEN outside THEN ms IS NULL
         ELSE ms IS NOT NULL AND ms >= coalesce(from_ms, ms) AND (to_ms IS NULL OR ms < to_ms) END
         AND (slices IS NULL OR pg_temp.slice(object_id, slices) = slice)), '') AS leaves
     FROM window_of ORDER BY place`,
    [text],
  );
  const hashes: string[] = [];
  for (const { leaves } of windows) {
    await writeFile(join(directory, 'leaves'), leaves === '' ? '' : `${leaves}\n`);
    hashes.push(shell(`LC_ALL=C ${sort} leaves | sha256sum | cut -c1-64`, directory));
  }
  await writeFile(join(directory, 'windows'), windows.map(({ line }) => `${line}\n`).join(''));
  return { hashes, root: shell('sha256sum windows | cut -c1-64', directory) };
}

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

test('evidence is recomputed in SQL and a shell, and its signature checked by openssl', async () => {
  await using evidence = await evidenceCase();
  const made = await evidence.verify(['--evidence', 'evidence']);
  expect(made).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^evidence: evidence, signed, for public\.t$/m),
  });
  const text = await readFile(join(evidence.directory, 'evidence'), 'utf8');
  const { windows, root }: Statement = JSON.parse(text);
  expect(windows.reduce((sum, { count }) => sum + count, 0)).toBe(307);
  const hashes = windows.map(({ hash }) => hash);
  expect(await recomputed(evidence, text)).toEqual({ hashes, root });

  // Each of these would be another hash, so agreeing is no accident.
  for (const other of [
    MAPPED.replace(`'attempts', attempts, `, ''),
    MAPPED.replace('SS.US', 'SS.MS'),
    MAPPED.replace(`'amount', amount`, `'amount', amount::text`),
    MAPPED.replace('id::text AS object_id', `id || ' ' AS object_id`),
  ]) {
    expect(other).not.toBe(MAPPED);
    expect((await recomputed(evidence, text, { mapped: other })).hashes).not.toEqual(hashes);
  }
  expect((await recomputed(evidence, text, { sort: 'sort -r' })).hashes).not.toEqual(hashes);

  if (!hasOpenssl) return;
  const signed = `head -n 1 evidence | sed 's/,"signature":"[^"]*"}$/}/' | tr -d '\\n' > signed
    head -n 1 evidence | sed 's/.*,"signature":"\\([^"]*\\)"}$/\\1/' | base64 -d > signature`;
  const check = 'openssl pkeyutl -verify -pubin -inkey public.pem -rawin -in signed -sigfile signature';
  expect(shell(`${signed}\n${check}`, evidence.directory)).toMatch(/Verified Successfully/);
  expect(() => shell(`printf x >> signed; ${check}`, evidence.directory)).toThrow();
});

test('each of many windows is recomputed, also that of rows without a time, and each slice of one', async () => {
  await using evidence = await evidenceCase();
  const { database, server } = evidence;
  const compared = async (limits: object) => {
    const windows: EvidenceWindow[] = [];
    const { windowsBy, rows } = await verified(database, lineConfig(database, server, { tables: TABLES }), {
      limits,
      onWindow: (window) => windows.push(evidenceWindow(window)),
    });
    expect({ windowsBy, rows }).toEqual({ windowsBy, rows: 307 });
    expect(await recomputed(evidence, JSON.stringify({ windowsBy, windows }))).toEqual({
      hashes: windows.map(({ hash }) => hash),
      root: rootOf(windows),
    });
    return { windowsBy, windows };
  };
  const { windowsBy, windows } = await compared({ rowsPerWindow: 50 });
  expect(windowsBy).toBe('occurred_at_ms');
  expect(windows.length).toBeGreaterThan(6);
  expect(windows.at(-1)).toMatchObject({ outside: true, count: 1 });
  expect(windows.some((window) => 'slice' in window)).toBe(false);
  const sliced = await compared({ rowsPerWindow: 50, leavesMax: 20 });
  expect(sliced.windows.filter((window) => 'slice' in window).length).toBeGreaterThan(12);
  const all = await compared({ leavesMax: 40 });
  expect(all).toMatchObject({ windowsBy: undefined, windows: { length: expect.any(Number) } });
  expect(all.windows.every((window) => 'slice' in window)).toBe(true);

  expect(
    (await evidence.verify(['--evidence', 'part', '--from', '2024-01-02', '--to', '2026-01-01'])).code,
  ).toBe(0);
  const part = await readFile(join(evidence.directory, 'part'), 'utf8');
  const scoped: Statement & { readonly scope: unknown } = JSON.parse(part);
  expect(scoped.scope).toEqual({ by: 'time', from: 1704153600000, to: 1767225600000 });
  const hashes = scoped.windows.map(({ hash }) => hash);
  expect(await recomputed(evidence, part)).toEqual({ hashes, root: scoped.root });
});

test('of an empty window, an empty table and a function that keeps records from being compared', async () => {
  await using evidence = await evidenceCase();
  const { directory, database, server, verify } = evidence;
  const statement = async (name: string, ...args: string[]) => {
    expect((await verify(['--evidence', name, ...args])).code, name).toBe(0);
    expect((await verify(['--check', name, '--public-key', 'public.pem'], {})).code, name).toBe(0);
    return JSON.parse(await readFile(join(directory, name), 'utf8'));
  };
  const nothing = shell('printf "" | sha256sum | cut -c1-64', directory);
  const bounds = { from: Date.parse('1800-01-01'), to: Date.parse('1801-01-01') };
  expect(await statement('window', '--from', '1800-01-01', '--to', '1801-01-01')).toMatchObject({
    scope: { by: 'time', ...bounds },
    counts: { rows: 0, records: 0 },
    windows: [{ ...bounds, count: 0, hash: nothing }],
  });
  const config = lineConfig(database, server, { tables: TABLES });
  const apply = '(record) => ({ ...record, at: Date.now() })';
  const text = JSON.stringify(config).replace('"index":"t"', `"index":"t","transform":${apply}`);
  await writeFile(join(directory, 'presence.mjs'), `export default ${text};`);
  const presence = await statement('presence', '--config', 'presence.mjs');
  expect(presence).toMatchObject({ compared: 'presence', counts: { rows: 307 } });
  const mapped = `SELECT object_id, occurred_at_ms, '{}'::jsonb AS mapped FROM (${MAPPED}) AS mapped`;
  expect(await recomputed(evidence, JSON.stringify(presence), { mapped })).toEqual({
    hashes: presence.windows.map(({ hash }: EvidenceWindow) => hash),
    root: presence.root,
  });
  await database.client.query('DELETE FROM t');
  const empty = await statement('table');
  expect(empty).toMatchObject({ windows: [{ from: null, to: null, count: 0, hash: nothing }] });
  expect(empty.mapping).not.toBe(presence.mapping);
});

test('a statement is checked without a configuration, and is what was signed or is not', async () => {
  await using evidence = await evidenceCase();
  const { directory, verify } = evidence;
  expect((await verify(['--evidence', 'evidence'])).code).toBe(0);
  const without = {};
  const trusted = await verify(['--check', 'evidence', '--public-key', 'public.pem', '--json'], without);
  expect(trusted).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(trusted.stdout)).toEqual([
    expect.objectContaining({ table: 'public.t', index: 't', holds: true, problems: [], knowsSigner: true }),
  ]);
  const whole = await verify(['--check', 'evidence'], without);
  expect(whole).toMatchObject({ code: 0, stdout: expect.stringMatching(/holds[\s\S]*not who signed it/) });

  const text = await readFile(join(directory, 'evidence'), 'utf8');
  await writeFile(join(directory, 'changed'), text.replace('"rows":307', '"rows":308'));
  expect(await verify(['--check', 'changed', '--public-key', 'public.pem'], without)).toMatchObject({
    code: 65,
    stdout: expect.stringMatching(/does not hold: the signature is not that of what it says/),
  });
  const other = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' });
  await writeFile(join(directory, 'other.pem'), other);
  expect((await verify(['--check', 'evidence', '--public-key', 'other.pem'], without)).code).toBe(65);
  await writeFile(join(directory, 'two'), text + text);
  expect((await verify(['--check', 'two', '--public-key', 'public.pem'], without)).code).toBe(0);
  await writeFile(join(directory, 'cut'), text + text.slice(0, 100));
  for (const args of [
    ['--check', 'cut'],
    ['--check', 'nothing'],
    ['--check', 'evidence', '--public-key', 'evidence'],
    ['--check', 'evidence', '--evidence', 'evidence'],
    ['--check', 'evidence', '--from', '2026-01-01'],
    ['--public-key', 'public.pem'],
    ['--force'],
  ]) {
    expect(await verify(args, without), args.join(' ')).toMatchObject({ code: 64 });
  }
});

test('nothing is written where they differ, where there is something, and without a key', async () => {
  await using evidence = await evidenceCase();
  const { directory, verify, server } = evidence;
  const files = async (): Promise<string[]> =>
    (await readdir(directory)).filter((name) => name.startsWith('out'));
  const key = join(directory, 'key.pem');

  expect(await verify(['--evidence', 'out'], {})).toMatchObject({
    code: 78,
    stderr: expect.stringMatching(
      /WAL2ALGOLIA_EVIDENCE_KEY: missing[\s\S]*openssl genpkey -algorithm ed25519/,
    ),
  });
  const planted = (await readFile(key, 'utf8')).replace('PRIVATE', 'PUBLIC');
  const wrong = await verify(['--evidence', 'out'], { WAL2ALGOLIA_EVIDENCE_KEY: planted });
  expect(wrong).toMatchObject({
    code: 78,
    stderr: expect.stringMatching(/expected an Ed25519 private key in PEM/),
  });
  expect(wrong.stderr + wrong.stdout).not.toContain(planted.split('\n')[1]);
  for (const name of ['no/such/directory', '.'])
    expect((await verify(['--evidence', name])).code, name).toBe(64);

  using index = intruder(server);
  await index.alter('100', { actor: 'somebody else' });
  const differing = await verify(['--evidence', 'out']);
  expect(differing).toMatchObject({ code: 65, stderr: expect.stringMatching(/no evidence is written/) });
  expect(await files()).toEqual([]);

  expect((await verify(['--evidence', 'out', '--repair'])).code).toBe(0);
  const first = await readFile(join(directory, 'out'), 'utf8');
  expect(await verify(['--evidence', 'out'])).toMatchObject({
    code: 64,
    stderr: expect.stringMatching(/out: the file is there already[\s\S]*--force/),
  });
  expect(await readFile(join(directory, 'out'), 'utf8')).toBe(first);
  expect((await verify(['--evidence', 'out', '--force'])).code).toBe(0);
  const second = await readFile(join(directory, 'out'), 'utf8');
  expect(JSON.parse(second).root).toBe(JSON.parse(first).root);
  expect(second).not.toBe(first);
  expect(await files()).toEqual(['out']);
});

test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
  'ended by %s it leaves nothing behind',
  async (signal) => {
    await using evidence = await evidenceCase();
    const { directory, server, start } = evidence;
    const before = await readdir(directory);
    server.faults.add({ kind: 'slow', firstByteMs: 60_000, path: '/browse' });
    await using program = start(['--evidence', 'out']);
    await waitFor(() => server.faults.met > 0, { description: 'the index to be read' });
    program.kill(signal);
    const { code } = await program.ended;
    expect(code).toBe({ SIGINT: 130, SIGTERM: 143, SIGKILL: null }[signal]);
    expect(program.stdout()).toBe('');
    expect(await readdir(directory)).toEqual(before);
  },
);
