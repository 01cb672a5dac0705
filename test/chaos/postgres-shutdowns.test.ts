import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AlgoliaServer } from '../../src/local/algolia/server.ts';
import { drained, startIndex } from '../support/line.ts';
import { plant } from '../support/planted-program.ts';
import { connect } from '../support/postgres.ts';
import { waitFor } from '../support/wait-for.ts';
import { createAuditLog, expectIndexEqualsTable } from './audit-table.ts';
import { type OwnCluster, startOwnCluster } from './own-cluster.ts';
import { startRun } from './run-process.ts';

const ROWS = 20_000;
/** Far below the walsender timeout that these tests set, after which Postgres would let go by itself. */
const SECONDS_MAX = 30;
const PATIENT = encodeURIComponent('-c wal_sender_timeout=20min');
const small = { batch: { bytesMax: 100_000 }, memory: { inFlightBytesMax: 100_000 } };

async function insertLargeRows({ client }: OwnCluster): Promise<void> {
  await client.query(
    `INSERT INTO audit_log (action, metadata)
     SELECT 'a.b', jsonb_build_object('text', repeat('x', 1000)) FROM generate_series(1, $1::int)`,
    [ROWS],
  );
}

/** Resolves when nobody reads what the walsender sends. */
async function socketPaused({ client }: OwnCluster): Promise<void> {
  await waitFor(
    async () =>
      (
        await client.query(
          `SELECT FROM pg_stat_activity WHERE backend_type = 'walsender' AND wait_event = 'WalSenderWriteData'`,
        )
      ).rowCount,
    { description: 'the walsender to wait for somebody who reads' },
  );
}

const patient = ({
  url,
  slot,
  publication,
}: OwnCluster): Pick<OwnCluster, 'url' | 'slot' | 'publication'> => ({
  url: `${url}?options=${PATIENT}`,
  slot,
  publication,
});

function stall(server: AlgoliaServer, skip = 0): void {
  server.faults.add({ kind: 'refuse', status: 503, times: 1_000_000, path: '/batch', skip });
}

/** A fast shutdown, as `pg_ctl stop -m fast` makes it; resolves with how long it took. */
async function fastShutdown(cluster: OwnCluster): Promise<number> {
  const startedAt = performance.now();
  await cluster.end('SIGINT');
  return (performance.now() - startedAt) / 1_000;
}

async function recovers(
  cluster: OwnCluster,
  server: AlgoliaServer,
  run: Awaited<ReturnType<typeof startRun>>,
): Promise<void> {
  server.faults.clear();
  await cluster.start();
  await run.streaming();
  await drained(cluster);
  await expectIndexEqualsTable(cluster, server, ROWS);
  run.signal('SIGTERM');
  expect(await run.ended).toEqual({ code: 0, signal: null });
}

test.each([
  ['nothing of it written', 0],
  ['some of it written', 20],
])('a fast shutdown with the socket paused and rows pending, %s, takes seconds', async (_name, written) => {
  await using cluster = await startOwnCluster();
  await createAuditLog(cluster);
  await using server = await startIndex();
  stall(server, written);
  await using run = await startRun({ database: patient(cluster), server, config: small });
  await insertLargeRows(cluster);
  await waitFor(() => server.faults.met > 0, { description: 'a refused request' });
  await socketPaused(cluster);
  expect(await fastShutdown(cluster)).toBeLessThan(SECONDS_MAX);
  await recovers(cluster, server, run);
});

/** What tells it of the shutdown while it does not read: the control connection, by 57P01. */
const DEAF = {
  file: 'database/control.js',
  find: 'this.#lost = error;',
  replace: 'return error;',
};

/** And who asks before each write whose the slot is, while the walsender is silent, would hear of it as well. */
const UNASKED = {
  file: 'replication/session.js',
  find: 'control.fence(walsender.isSilent)',
  replace: 'control.fence()',
};

test('planted and caught: nobody heeds the end of the control connection', async () => {
  await using planted = await plant(DEAF, UNASKED);
  await using cluster = await startOwnCluster();
  await createAuditLog(cluster);
  await using server = await startIndex();
  stall(server);
  await using run = await startRun({
    database: patient(cluster),
    server,
    config: small,
    program: planted.program,
  });
  await insertLargeRows(cluster);
  await waitFor(() => server.faults.met > 0, { description: 'a refused request' });
  await socketPaused(cluster);
  const shutdown = fastShutdown(cluster);
  // Another way out of the wait: Postgres cannot end before its walsender does.
  const tookSeconds = await Promise.race([shutdown, longerThanAllowed()]);
  await run.kill();
  await shutdown;
  expect(tookSeconds).toBeGreaterThanOrEqual(SECONDS_MAX);
});

async function longerThanAllowed(): Promise<number> {
  const startedAt = performance.now();
  await waitFor(() => performance.now() - startedAt > SECONDS_MAX * 1_000, {
    description: 'as long as a shutdown may take',
  });
  return (performance.now() - startedAt) / 1_000;
}

test('a smart shutdown waits for us as for every client, and a fast one after it does not', async () => {
  await using cluster = await startOwnCluster();
  await createAuditLog(cluster);
  await using server = await startIndex();
  await using run = await startRun({ database: patient(cluster), server });
  await run.streaming();
  const { rows } = await cluster.client.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE application_name = 'wal2algolia control'`,
  );
  expect(rows).toHaveLength(1);
  const [postmasterPid] = (await readFile(join(cluster.dataDir, 'cluster', 'postmaster.pid'), 'utf8')).split(
    '\n',
  );
  // https://www.postgresql.org/docs/current/server-shutdown.html
  process.kill(Number(postmasterPid), 'SIGTERM');
  await waitFor(
    () =>
      connect(cluster.url).then(
        async (client) => {
          await client.end();
          return false;
        },
        ({ code }: { code: string }) => code === '57P03',
      ),
    { description: 'Postgres to let nobody in any more' },
  );
  const there = await cluster.client.query(`SELECT FROM pg_stat_activity WHERE pid = $1`, [rows[0]?.pid]);
  expect(there.rowCount).toBe(1);
  expect((await run.readiness()).status).toBe(200);
  expect(await fastShutdown(cluster)).toBeLessThan(SECONDS_MAX);
});
