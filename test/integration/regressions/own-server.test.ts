import { expect, test } from 'vitest';
import { parseLsn } from '../../../src/lsn.ts';
import { type OwnCluster, startOwnCluster } from '../../chaos/own-cluster.ts';
import { createAuditLog } from '../../support/audit-log.ts';
import { compareIndex, expectEqual, expectedAuditLog } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { waitFor } from '../../support/wait-for.ts';

async function confirmed({ client, slot }: OwnCluster): Promise<bigint> {
  const { rows } = await client.query<{ lsn: string }>(
    'SELECT confirmed_flush_lsn::text AS lsn FROM pg_replication_slots WHERE slot_name = $1',
    [slot],
  );
  return parseLsn(rows[0]?.lsn ?? '');
}

/** Confirms a little more; undefined when the server has written that down at once, as it does with a place from which it may decode anew. */
async function confirmedInMemory(cluster: OwnCluster): Promise<bigint | undefined> {
  const { client, slot } = cluster;
  const kept = async (): Promise<string> => {
    const { rows } = await client.query<{ kept: string }>(
      `SELECT concat_ws(' ', restart_lsn, catalog_xmin) AS kept FROM pg_replication_slots WHERE slot_name = $1`,
      [slot],
    );
    return rows[0]?.kept ?? '';
  };
  const before = await kept();
  await client.query(`UPDATE audit_log SET outcome = 'succeeded' WHERE id = 1`);
  await drained(cluster);
  return (await kept()) === before ? await confirmed(cluster) : undefined;
}

test('confirmed_flush going back after a server crash: what was confirmed comes again, and is no gap', async () => {
  await using cluster = await startOwnCluster();
  await createAuditLog(cluster);
  await using server = await startIndex();
  await using line = startLine(lineConfig(cluster, server));
  await cluster.client.query(`INSERT INTO audit_log (action) SELECT 'a.b' FROM generate_series(1, 100)`);
  await drained(cluster);
  const before = await waitFor(() => confirmedInMemory(cluster), {
    description: 'a confirmation that the server does not keep at once',
  });
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

test('shutdown storm: Postgres goes down with a row pending, asking for a reply without a pause, and is not held up', async () => {
  await using cluster = await startOwnCluster();
  await createAuditLog(cluster);
  await using server = await startIndex();
  server.faults.add({ kind: 'refuse', status: 503, times: 1_000_000, path: '/batch' });
  // Postgres itself would let go after so long.
  const url = `${cluster.url}?options=${encodeURIComponent('-c wal_sender_timeout=20min')}`;
  await using line = startLine({ ...lineConfig(cluster, server), postgres: { url } });
  await cluster.client.query(`INSERT INTO audit_log (action) VALUES ('not.written')`);
  await waitFor(() => server.faults.met > 0, { description: 'the row to be refused' });
  // A pipeline that goes on answering keeps Postgres waiting for ever.
  await cluster.end('SIGINT');
  server.faults.clear();
  await cluster.start();
  await drained(cluster);
  expectEqual(await compareIndex(cluster.client, server, 'audit_log', expectedAuditLog()), 1);
  await line.stop();
});
