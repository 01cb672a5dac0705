import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { AlgoliaServer } from '../../../src/local/algolia/server.ts';
import { type OwnCluster, startOwnCluster } from '../../chaos/own-cluster.ts';
import { compareIndex, expectEqual, expectedAuditLog } from '../../support/index-comparison.ts';
import { drained, startIndex } from '../../support/line.ts';
import { type Program, startProgram } from '../../support/program.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { waitFor } from '../../support/wait-for.ts';

export type RecoverCase = AsyncDisposable & {
  readonly cluster: OwnCluster;
  readonly server: AlgoliaServer;
  readonly start: (...args: readonly string[]) => Program;
  /** With another key than the admin's: `writer` may write, and neither browse nor search, `narrow` has all rights, and not for the index of the log. */
  readonly startAs: (key: 'writer' | 'narrow' | 'nobody', ...args: readonly string[]) => Program;
  /** To its end. */
  readonly call: (...args: readonly string[]) => Promise<Called>;
};

export type Called = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

const TABLES = {
  'public.audit_log': { index: 'audit_log' },
  'public.items': { index: 'items', objectID: ['tenant', 'id'] },
};

const KEYS = [
  { value: 'writer', acl: ['addObject', 'deleteObject'] },
  {
    value: 'narrow',
    acl: ['addObject', 'deleteObject', 'deleteIndex', 'browse', 'search'],
    indexes: ['items', 'status'],
  },
] as const;

/** A log with times, and a table without, both followed with all changes; by a role of no more than `run` needs. */
export async function startCase(replication: Readonly<Record<string, string>> = {}): Promise<RecoverCase> {
  const cluster = await startOwnCluster({ settings: { max_slot_wal_keep_size: '1MB' } });
  const server = await startIndex({ keys: KEYS });
  const directory = await scratchDirectory();
  const config = join(directory.path, 'wal2algolia.config.json');
  const { url, slot, publication } = cluster;
  const runUrl = new URL(url);
  runUrl.username = 'runner';
  await cluster.client.query(`CREATE ROLE runner LOGIN REPLICATION PASSWORD '${runUrl.password}'`);
  const algolia = {
    appId: server.appId,
    apiKey: server.adminKey,
    hosts: [server.url],
    statusIndex: 'status',
  };
  await writeFile(
    config,
    JSON.stringify({
      postgres: { url: runUrl.href },
      replication: { slot, publication, ...replication },
      algolia,
      tables: TABLES,
      http: { port: 0 },
    }),
  );
  const env = { WAL2ALGOLIA_SETUP_DATABASE_URL: url };
  const start = (...args: readonly string[]): Program => startProgram([...args, '--config', config], { env });
  const startAs = (key: string, ...args: readonly string[]): Program =>
    startProgram([...args, '--config', config], { env: { ...env, ALGOLIA_API_KEY: key } });
  const call = async (...args: readonly string[]): Promise<Called> => {
    await using program = start(...args);
    const { code } = await program.ended;
    return { code, stdout: program.stdout(), stderr: program.stderr() };
  };
  const dispose = async (): Promise<void> => {
    await server.close();
    await cluster[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  };
  return { cluster, server, start, startAs, call, [Symbol.asyncDispose]: dispose };
}

/** Tables, slot, and rows that were streamed; whoever streamed them has stopped, and how far it came is noted. */
export async function streamSome({ cluster, start, call }: RecoverCase): Promise<void> {
  const { client } = cluster;
  await client.query(await readFile('postgres/audit-log.sql', 'utf8'));
  await client.query(
    "CREATE TABLE items (tenant text, id int, name text, PRIMARY KEY (tenant, id)); INSERT INTO items VALUES ('é%:', 0, NULL)",
  );
  const { code, stderr } = await call('setup');
  expect([code, stderr]).toEqual([0, '']);
  await using run = start('run');
  await client.query(
    `INSERT INTO audit_log (action, occurred_at, metadata) SELECT 'old.row', now() - interval '30 days', jsonb_build_object('n', i) FROM generate_series(1, 300) i;
     INSERT INTO items SELECT 'täglich', i, 'item ' || i FROM generate_series(1, 300) i;
     UPDATE items SET name = 'first' WHERE id = 0`,
  );
  await drained(cluster);
  const noted = `SELECT FROM wal2algolia.slot_progress WHERE confirmed_at > '-infinity'`;
  await waitFor(async () => (await client.query(noted)).rows.length > 0, {
    description: 'the progress to be noted',
  });
  run.kill('SIGTERM');
  expect(await run.ended).toMatchObject({ code: 0 });
}

/** What nobody sees: new rows, one of them with an old time, rows changed and gone; then WAL until the slot is lost. */
export async function missSome({ cluster }: RecoverCase): Promise<void> {
  const { client } = cluster;
  await client.query(
    `INSERT INTO audit_log (action) SELECT 'unseen.row' FROM generate_series(1, 200);
     INSERT INTO audit_log (action, occurred_at) VALUES ('late.row', now() - interval '20 days');
     UPDATE audit_log SET action = 'changed.row' WHERE id <= 10;
     DELETE FROM audit_log WHERE id BETWEEN 11 AND 15;
     UPDATE items SET name = 'changed ' || id WHERE id <= 20;
     DELETE FROM items WHERE id > 290;
     INSERT INTO items VALUES ('täglich', 1000, NULL), ('100%:', 1, 'ü')`,
  );
  await loseSlot(cluster);
}

export async function loseSlot({ client, slot }: OwnCluster): Promise<void> {
  await waitFor(
    async () => {
      await client.query(`SELECT pg_logical_emit_message(false, 'noise', repeat('x', 1000000))`);
      await client.query('SELECT pg_switch_wal()');
      await client.query('CHECKPOINT');
      return (await slotOf({ client, slot }))?.status === 'lost';
    },
    { description: 'the slot to be lost' },
  );
}

export async function slotOf({ client, slot }: Pick<OwnCluster, 'client' | 'slot'>) {
  const { rows } = await client.query<{ status: string; confirmed: string; free: boolean }>(
    'SELECT wal_status AS status, confirmed_flush_lsn::text AS confirmed, active_pid IS NULL AS free FROM pg_replication_slots WHERE slot_name = $1',
    [slot],
  );
  return rows[0];
}

/** None of the program's processes is connected any more. */
export async function released({ client }: Pick<OwnCluster, 'client'>): Promise<void> {
  await waitFor(
    async () => {
      const { rows } = await client.query(
        `SELECT FROM pg_stat_activity WHERE application_name LIKE 'wal2algolia%'`,
      );
      return rows.length === 0;
    },
    { description: 'its connections to be gone' },
  );
}

/** The row of the recovery, as far as there is one. */
export async function recoveryOf({ client }: OwnCluster) {
  const { rows: there } = await client.query<{ is: boolean }>(
    `SELECT to_regclass('wal2algolia.recovery') IS NOT NULL AS is`,
  );
  if (there[0]?.is !== true) return undefined;
  const { rows } = await client.query<{
    step: string;
    reason: string;
    tables_begun: string[];
    tables_done: string[];
    is_finished: boolean;
    knows: boolean;
  }>(
    `SELECT step, reason, tables_begun, tables_done, finished_at IS NOT NULL AS is_finished, confirmed_at IS NOT NULL AS knows
     FROM wal2algolia.recovery ORDER BY id DESC`,
  );
  return rows[0];
}

/** Whole records, nothing missing and nothing more; somebody has to stream. */
export async function expectSame({ cluster, server }: RecoverCase): Promise<void> {
  expectEqual(await compareIndex(cluster.client, server, 'audit_log', expectedAuditLog()), 400);
  const part = `replace(replace(tenant, '%', '%25'), ':', '%3A')`;
  const items = `SELECT ${part} || ':' || id AS object_id, to_jsonb(t) || jsonb_build_object('objectID', ${part} || ':' || id, 'source_table', 'public.items') AS record FROM items t`;
  expectEqual(await compareIndex(cluster.client, server, 'items', items), 290);
}
