import { expect, test } from 'vitest';
import { parseLsn } from '../../../src/lsn.ts';
import { startOwnCluster } from '../../chaos/own-cluster.ts';
import { startStandby } from '../../chaos/standby.ts';
import { createAuditLog } from '../../support/audit-log.ts';
import { compareIndex, expectEqual, expectedAuditLog } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { startMovingAddress, withPort } from '../../support/moving-address.ts';
import { serverMajor } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { failOver, insert, lastConfirmed, portOf, reload } from './failover-case.ts';
import { position } from './slot-case.ts';

/** Failover slots exist since then. https://www.postgresql.org/docs/current/logical-replication-failover.html */
const HAS_FAILOVER_SLOTS = 17;

test('a failover slot goes on after the promotion, with nothing lost and nothing stale', async (context) => {
  if (serverMajor() < HAS_FAILOVER_SLOTS) {
    context.skip(`Postgres ${serverMajor()} has no failover slots`);
  }
  await using primary = await startOwnCluster();
  await createAuditLog(primary);
  await primary.client.query(
    `SELECT pg_drop_replication_slot('chaos'), pg_create_physical_replication_slot('standby', true)`,
  );
  await primary.client.query(
    `SELECT pg_create_logical_replication_slot('chaos', 'pgoutput', failover => true)`,
  );
  await using standby = await startStandby(primary, {
    primary_slot_name: 'standby',
    hot_standby_feedback: 'on',
  });
  // What the pipeline is sent has reached the standby before.
  await reload(primary, `synchronized_standby_slots = 'standby'`);
  await using address = await startMovingAddress(portOf(primary));
  await using server = await startIndex();
  const url = withPort(primary.url, address.port);
  await using line = startLine({ ...lineConfig(primary, server), postgres: { url } });
  await insert(primary, 'before.failover', 100);
  await drained(primary);
  // Only now: a worker that finds nothing to do looks less and less often.
  await reload(standby, `sync_replication_slots = on`);
  await waitFor(
    async () => {
      // A synchronized slot begins where the primary's has come to, and that moves on at a checkpoint.
      await primary.client.query('CHECKPOINT');
      await insert(primary, 'moves.on');
      const { rowCount } = await standby.client.query(
        `SELECT FROM pg_replication_slots WHERE slot_name = 'chaos' AND synced AND NOT temporary`,
      );
      return rowCount;
    },
    { description: 'the slot to be synchronized', intervalMs: 250 },
  );
  // The slot on the standby stays behind, and what was confirmed meanwhile is sent again.
  await reload(standby, `sync_replication_slots = off`);
  await waitFor(
    async () =>
      (await standby.client.query(`SELECT FROM pg_stat_activity WHERE backend_type = 'slotsync worker'`))
        .rowCount === 0,
    { description: 'nobody to synchronize the slot any more' },
  );
  await insert(primary, 'while.behind', 1_000);
  await primary.client.query(`UPDATE audit_log SET outcome = 'denied' WHERE id % 3 = 0`);
  await failOver({ primary, standby, address });
  const from = await lastConfirmed(line);
  expect(parseLsn(await position(standby))).toBeLessThan(parseLsn(from));
  await standby.promote();
  await insert(standby, 'after.failover', 100);
  await Promise.race([drained(standby), line.ended]);
  expectEqual(await compareIndex(standby.client, server, 'audit_log', expectedAuditLog()), 1_201);
  await line.stop();
});
