import { expect, test } from 'vitest';
import { startOwnCluster } from '../../chaos/own-cluster.ts';
import { copyCluster } from '../../chaos/standby.ts';
import { createAuditLog } from '../../support/audit-log.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { startMovingAddress, withPort } from '../../support/moving-address.ts';
import { gapOf, insert, lastConfirmed, portOf } from './failover-case.ts';

test('a server restored from an older copy is a gap between its end and what was confirmed', async () => {
  await using primary = await startOwnCluster();
  await createAuditLog(primary);
  await primary.end('SIGINT');
  await using restored = await startOwnCluster({ prepare: (dataDir) => copyCluster(primary, dataDir) });
  await primary.start();
  await using address = await startMovingAddress(portOf(primary));
  await using server = await startIndex();
  const url = withPort(primary.url, address.port);
  await using line = startLine({ ...lineConfig(primary, server), postgres: { url } });
  await insert(primary, 'before.restore', 1_000);
  await drained(primary);
  await primary.end('SIGINT');
  const to = await lastConfirmed(line);
  address.moveTo(portOf(restored));
  const { message } = await gapOf(line);
  expect(message).toMatch(/WAL of this server ends before the position that was confirmed: the gap is from/);
  expect(message).toContain(`to ${to}`);
});

test('another system under the same address is a gap', async () => {
  await using first = await startOwnCluster();
  await using second = await startOwnCluster();
  for (const cluster of [first, second]) await createAuditLog(cluster);
  await second.client.query(`ALTER ROLE postgres PASSWORD '${new URL(first.url).password}'`);
  await using address = await startMovingAddress(portOf(first));
  await using server = await startIndex();
  const url = withPort(first.url, address.port);
  await using line = startLine({ ...lineConfig(first, server), postgres: { url } });
  await insert(first, 'first.system');
  await drained(first);
  address.moveTo(portOf(second));
  const { message } = await gapOf(line);
  const from = line.status().slot.confirmedLsn;
  expect(message).toMatch(new RegExp(`another system .*the gap is from ${from} to `));
});
