import { expect, test } from 'vitest';
import type { AlgoliaServer } from '../../src/local/algolia/server.ts';
import { drained, startIndex } from '../support/line.ts';
import { serverMajor } from '../support/postgres.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { waitFor } from '../support/wait-for.ts';
import { startLoad } from './audit-log-load.ts';
import { createAuditLog, expectIndexEqualsTable } from './audit-table.ts';
import { type OwnCluster, startOwnCluster } from './own-cluster.ts';
import { startRun } from './run-process.ts';
import { type Standby, startStandby } from './standby.ts';

/** Failover slots exist since then. https://www.postgresql.org/docs/current/logical-replication-failover.html */
const HAS_FAILOVER_SLOTS = 17;

test('the primary is killed in mid-load, and its standby promoted: the process goes on there', async (context) => {
  context.skip(serverMajor() < HAS_FAILOVER_SLOTS, `Postgres ${serverMajor()} has no failover slots`);
  await using primary = await startOwnCluster();
  await createAuditLog(primary);
  await using standby = await startFollower(primary);
  await using server = await startIndex({ taskDelayMs: 30 });
  await using toPostgres = await startTcpProxy(primary.url);
  const { slot, publication } = primary;
  await using run = await startRun({ database: { url: toPostgres.url, slot, publication }, server });
  await using load = await startLoad({ url: toPostgres.url }, 1, { survivesPostgres: true });
  await slotIsSynchronized(primary, standby);
  await arrived(server, 20);
  await primary.end('SIGKILL');
  await standby.promote();
  toPostgres.moveTo(standby.url);
  await run.streaming();
  await arrived(server, 20);
  await load.stop();
  await drained(standby);
  // What the primary had committed and not yet sent to its standby is in neither.
  await expectIndexEqualsTable(standby, server, 100);
  run.signal('SIGTERM');
  expect(await run.ended).toEqual({ code: 0, signal: null });
});

/** A standby that has whatever the slot of the pipeline sends, and the slot itself. */
async function startFollower(primary: OwnCluster): Promise<Standby> {
  const { client, slot } = primary;
  await client.query('SELECT pg_drop_replication_slot($1)', [slot]);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput', failover => true)`, [slot]);
  await client.query(`SELECT pg_create_physical_replication_slot('standby', true)`);
  const standby = await startStandby(primary, {
    primary_slot_name: 'standby',
    hot_standby_feedback: 'on',
    sync_replication_slots: 'on',
  });
  await primary.client.query(`ALTER SYSTEM SET synchronized_standby_slots = 'standby'`);
  await primary.client.query('SELECT pg_reload_conf()');
  return standby;
}

async function slotIsSynchronized(primary: OwnCluster, standby: Standby): Promise<void> {
  await waitFor(
    async () => {
      // A synchronized slot begins where the primary's has come to, and that moves on at a checkpoint.
      await primary.client.query('CHECKPOINT');
      const { rowCount } = await standby.client.query(
        'SELECT FROM pg_replication_slots WHERE slot_name = $1 AND synced AND NOT temporary',
        [primary.slot],
      );
      return rowCount;
    },
    { description: 'the slot to be synchronized', intervalMs: 250 },
  );
}

async function arrived(server: AlgoliaServer, requests: number): Promise<void> {
  const before = server.journal().arrived.length;
  await waitFor(() => server.journal().arrived.length >= before + requests, {
    description: `${requests} more writes`,
  });
}
