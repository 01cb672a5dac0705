import { expect, onTestFinished, test } from 'vitest';
import type { AlgoliaServer } from '../../src/local/algolia/server.ts';
import { type Lsn, parseLsn } from '../../src/lsn.ts';
import { drained, startIndex } from '../support/line.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { scratchDirectory } from '../support/scratch-directory.ts';
import { waitFor } from '../support/wait-for.ts';
import { startLoad } from './audit-log-load.ts';
import { createAuditLog, expectIndexEqualsTable, insertRows } from './audit-table.ts';
import { confirmedLsn } from './commit-history.ts';
import { startOwnCluster } from './own-cluster.ts';
import type { RunProcess } from './program-run.ts';
import { startRun } from './run-process.ts';
import { versions } from './write-journal.ts';

const UNAVAILABLE = { kind: 'refuse', status: 503, times: 1_000_000, path: '/batch' } as const;
const DRAINED = { code: 0, signal: null };

test.each(['SIGKILL', 'SIGINT'] as const)(
  'Postgres is ended by %s in mid-load and started again',
  async (signal) => {
    await using database = await startOwnCluster();
    await createAuditLog(database);
    await using server = await startIndex({ taskDelayMs: 30 });
    await using run = await startRun({ database, server });
    await using load = await startLoad(database, 1);
    await arrived(server, 20);
    await database.end(signal);
    // The writers lost their connections, unless they were pausing.
    await load.stop().catch(() => undefined);
    await waitFor(async () => (await run.readiness()).status === 503, {
      description: 'the process to notice',
    });
    await database.start();
    await using again = await startLoad(database, 2);
    await run.streaming();
    await arrived(server, 20);
    await again.stop();
    await drained(database);
    await expectIndexEqualsTable(database, server, 100);
    await expectDrains(run);
  },
);

test('a fast shutdown of Postgres is not held up by rows that cannot be written', async () => {
  await using database = await startOwnCluster();
  await createAuditLog(database);
  await using server = await startIndex();
  server.faults.add(UNAVAILABLE);
  await using run = await startRun({ database, server });
  await insertRows(database, 5_000);
  await waitFor(() => server.faults.met > 0, { description: 'a refused request' });
  // A pipeline that goes on answering keeps Postgres waiting for ever: then this never resolves.
  await database.end('SIGINT');
  server.faults.clear();
  await database.start();
  await run.streaming();
  await drained(database);
  await expectIndexEqualsTable(database, server, 5_000);
  await expectDrains(run);
});

test('the index is away for a while, and comes back as it was', async () => {
  await using database = await createDatabase();
  await createAuditLog(database);
  await using directory = await scratchDirectory();
  const options = { taskDelayMs: 30, dataDir: directory.path };
  const server = await startIndex(options);
  const away = once(() => server.close());
  onTestFinished(away);
  await using run = await startRun({ database, server });
  await using load = await startLoad(database, 1);
  await arrived(server, 20);
  await away();
  await waitFor(async () => (await run.readiness()).reason?.startsWith('waiting'), {
    description: 'the process to say that it waits',
  });
  await using back = await startIndex({ ...options, port: server.port });
  await run.streaming();
  await arrived(back, 20);
  await load.stop();
  await drained(database);
  await expectIndexEqualsTable(database, back, 100);
  await expectDrains(run);
});

test('SIGTERM under load: drained, and the successor is sent nothing that was confirmed', async () => {
  await using database = await createDatabase();
  await createAuditLog(database);
  await using server = await startIndex({ taskDelayMs: 30 });
  // Whoever takes longer than this ends with 75.
  await using first = await startRun({ database, server, config: { shutdownMs: 60_000 } });
  await using load = await startLoad(database, 1, { writers: 8 });
  await arrived(server, 20);
  // The signal comes while a transaction of several requests is being taken.
  const inserted = insertRows(database, 20_000);
  await waitFor(() => server.journal().arrived.some(({ operations }) => operations.length >= 1_000), {
    description: 'a large request',
    intervalMs: 1,
  });
  await expectDrains(first);
  await inserted;
  const confirmed = await confirmedLsn(database);
  const before = server.journal().arrived.length;
  // All that was accepted had taken effect before the process ended.
  expect(server.journal().applied.length).toBe(before);
  await using second = await startRun({ database, server });
  await arrived(server, 20);
  await load.stop();
  await drained(database);
  const brought = new Set(versions(server.journal().arrived.slice(before)));
  const again = versions(server.journal().arrived.slice(0, before)).filter((version) => brought.has(version));
  const commits = again.map(commitLsnOf);
  expect(commits.filter((lsn) => lsn < confirmed)).toEqual([]);
  // Only a transaction that had not come to its end when the intake stopped is written twice.
  expect(new Set(commits).size).toBeLessThanOrEqual(1);
  expect(brought.size).toBeGreaterThan(again.length);
  await expectIndexEqualsTable(database, server, 100);
  await expectDrains(second);
});

test.each([
  ['SIGTERM', 'SIGINT'],
  ['SIGINT', 'SIGTERM'],
] as const)('%s cannot drain, and %s ends the process at once', async (first, second) => {
  await using database = await createDatabase();
  await createAuditLog(database);
  await using server = await startIndex();
  server.faults.add(UNAVAILABLE);
  const config = { shutdownMs: 600_000 };
  await using run = await startRun({ database, server, config });
  await insertRows(database, 100);
  await waitFor(() => server.faults.met > 0, { description: 'a refused request' });
  run.signal(first);
  const met = server.faults.met;
  await waitFor(() => server.faults.met > met, { description: 'the process to go on trying' });
  run.signal(second);
  expect(await run.ended).toEqual({ code: 75, signal: null });
  server.faults.clear();
  await using successor = await startRun({ database, server });
  await drained(database);
  await expectIndexEqualsTable(database, server, 100);
  await expectDrains(successor);
});

test('a quiet audited table beside a busy one that is not published retains no WAL', async () => {
  // Of its own: WAL is that of all databases.
  await using database = await startOwnCluster();
  await createAuditLog(database);
  await using server = await startIndex();
  await using run = await startRun({ database, server });
  await run.streaming();
  const { client } = database;
  await client.query('CREATE TABLE noise (text text)');
  const busyMb = 32;
  for (let mb = 0; mb < busyMb; mb += 1) {
    await client.query(`INSERT INTO noise SELECT repeat('x', 1000) FROM generate_series(1, 1000)`);
  }
  await drained(database);
  // What the slot retains is counted from where decoding would start again; a checkpoint writes what moves that.
  await waitFor(
    async () => {
      await client.query('CHECKPOINT');
      return (await retainedMb(database)) < busyMb / 4;
    },
    { description: 'the slot to let go of the WAL', intervalMs: 500 },
  );
  expect(server.journal().arrived).toEqual([]);
  await expectDrains(run);
});

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}

async function arrived(server: AlgoliaServer, requests: number): Promise<void> {
  const before = server.journal().arrived.length;
  await waitFor(() => server.journal().arrived.length >= before + requests, {
    description: `${requests} more writes`,
  });
}

async function expectDrains(run: RunProcess): Promise<void> {
  run.signal('SIGTERM');
  expect(await run.ended, JSON.stringify(run.log.slice(-3))).toEqual(DRAINED);
}

function commitLsnOf(version: string): Lsn {
  return parseLsn(version.slice(version.lastIndexOf('@') + 1));
}

async function retainedMb({ client, slot }: TestDatabase): Promise<number> {
  const { rows } = await client.query<{ mb: string }>(
    `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) / 1e6 AS mb FROM pg_replication_slots WHERE slot_name = $1`,
    [slot],
  );
  return Number(rows[0]?.mb);
}
