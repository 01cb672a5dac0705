import { expect, test } from 'vitest';
import { parseLsn } from '../../../src/lsn.ts';
import { type OwnCluster, startOwnCluster } from '../../chaos/own-cluster.ts';
import { createAuditLog } from '../../support/audit-log.ts';
import { compareIndex, expectEqual, expectedAuditLog } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { connect } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';

async function confirmed({ client, slot }: OwnCluster): Promise<bigint> {
  const { rows } = await client.query<{ lsn: string }>(
    'SELECT confirmed_flush_lsn::text AS lsn FROM pg_replication_slots WHERE slot_name = $1',
    [slot],
  );
  return parseLsn(rows[0]?.lsn ?? '');
}

test('confirmed_flush going back after a server crash: what was confirmed comes again, and is no gap', async () => {
  await using cluster = await startOwnCluster();
  await createAuditLog(cluster);
  await using server = await startIndex();
  await using line = startLine(lineConfig(cluster, server));
  await cluster.client.query(`INSERT INTO audit_log (action) SELECT 'a.b' FROM generate_series(1, 100)`);
  await drained(cluster);
  const before = await confirmed(cluster);
  await cluster.end('SIGKILL');
  // Only a connection that does not compete with ours for the slot can see where it came back.
  await line.stop();
  await cluster.start();
  expect(await confirmed(cluster)).toBeLessThan(before);
  await using again = startLine(lineConfig(cluster, server));
  await cluster.client.query(`UPDATE audit_log SET outcome = 'denied' WHERE id % 2 = 0`);
  await drained(cluster);
  expectEqual(await compareIndex(cluster.client, server, 'audit_log', expectedAuditLog()), 100);
  await cluster.end('SIGKILL');
  await cluster.start();
  await cluster.client.query(`UPDATE audit_log SET outcome = 'failed' WHERE id % 3 = 0`);
  // This one goes on in the same process, which knows what it has confirmed.
  await Promise.race([drained(cluster), again.ended]);
  expectEqual(await compareIndex(cluster.client, server, 'audit_log', expectedAuditLog()), 100);
  await again.stop();
});

test("synchronous_standby_names='*' set while it streams: it leaves, so as not to hold up commits", async () => {
  await using cluster = await startOwnCluster();
  await createAuditLog(cluster);
  await using server = await startIndex();
  await using line = startLine(lineConfig(cluster, server));
  await cluster.client.query(`INSERT INTO audit_log (action) VALUES ('first.sent')`);
  await drained(cluster);
  await cluster.client.query(`ALTER SYSTEM SET synchronous_standby_names = '*'`);
  await cluster.client.query('SELECT pg_reload_conf()');
  await expect(line.ended).rejects.toMatchObject({
    exitCode: 78,
    message: expect.stringMatching(/synchronous_standby_names matches "wal2algolia"/),
    remedy: expect.stringMatching(/physical standbys/),
  });
});

test('shutdown storm: Postgres goes down with rows pending and the socket paused, and is not held up', async () => {
  await using cluster = await startOwnCluster();
  await createAuditLog(cluster);
  await using server = await startIndex();
  server.faults.add({ kind: 'refuse', status: 503, times: 1_000_000, path: '/batch' });
  const small = { batch: { bytesMax: 100_000 }, memory: { inFlightBytesMax: 100_000 } };
  await using line = startLine({ ...lineConfig(cluster, server, small) });
  await using writer = await connect(cluster.url).then((made) =>
    Object.assign(made, { [Symbol.asyncDispose]: () => made.end() }),
  );
  await writer.query(`INSERT INTO audit_log (action, metadata)
    SELECT 'a.b', jsonb_build_object('text', repeat('x', 1000)) FROM generate_series(1, 20000)`);
  // What the walsender wants to send stays in its buffer: nobody reads the socket.
  await waitFor(
    async () =>
      (
        await cluster.client.query(
          `SELECT FROM pg_stat_activity WHERE backend_type = 'walsender' AND wait_event IN ('WalSenderWriteData', 'WalSenderWriteDone')`,
        )
      ).rowCount,
    { description: 'the walsender to wait for somebody who reads' },
  );
  const endedBefore = performance.now();
  await cluster.end('SIGINT');
  const tookMs = performance.now() - endedBefore;
  // Far below the walsender timeout, after which Postgres would have given up by itself.
  expect(tookMs).toBeLessThan(20_000);
  server.faults.clear();
  await cluster.start();
  await drained(cluster);
  expectEqual(await compareIndex(cluster.client, server, 'audit_log', expectedAuditLog()), 20_000);
  await line.stop();
});
