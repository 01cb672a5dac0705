import { expect, test } from 'vitest';
import { openSession, type SessionOptions } from '../../../src/replication/session.ts';
import { type OwnCluster, startOwnCluster } from '../../chaos/own-cluster.ts';
import { createAuditLog } from '../../support/audit-log.ts';
import { drained, lineConfig, released, startIndex, startLine } from '../../support/line.ts';
import { withPort } from '../../support/moving-address.ts';
import { serverMajor } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startHeldStart } from './held-start.ts';

/** Since then the server says why. */
const SAYS_WHY = 17;
const HAS_IDLE_TIMEOUT = 18;

async function slotOf({ client, slot }: OwnCluster) {
  const { rows } = await client.query<{ confirmed: string; status: string; pid: number | null }>(
    'SELECT confirmed_flush_lsn::text AS confirmed, wal_status AS status, active_pid AS pid FROM pg_replication_slots WHERE slot_name = $1',
    [slot],
  );
  return rows[0];
}

const sessionOptions = ({ url, slot, publication }: OwnCluster): SessionOptions => ({
  url,
  slot,
  publications: [publication],
  plugin: 'pgoutput',
  tables: ['public.audit_log'],
  own: undefined,
});

/** Writes WAL until a checkpoint has given the slot up. */
async function loseSlot(cluster: OwnCluster): Promise<void> {
  await waitFor(
    async () => {
      await cluster.client.query(`SELECT pg_logical_emit_message(false, 'noise', repeat('x', 1000000))`);
      await cluster.client.query('SELECT pg_switch_wal()');
      await cluster.client.query('CHECKPOINT');
      return (await slotOf(cluster))?.status === 'lost';
    },
    { description: 'the slot to be lost' },
  );
}

function lostFrom(position: string, reason: string): RegExp {
  const why = serverMajor() >= SAYS_WHY ? ` \\(${reason}\\)` : '';
  return new RegExp(`slot "chaos" is lost${why}: .*; the gap is from ${position} to [0-9A-F]+/[0-9A-F]+`);
}

test('lost while it streams: its walsender is ended, and the session after it says from where to where', async () => {
  await using cluster = await startOwnCluster({ settings: { max_slot_wal_keep_size: '1MB' } });
  await createAuditLog(cluster);
  await using server = await startIndex();
  await using line = startLine(lineConfig(cluster, server));
  await cluster.client.query(`INSERT INTO audit_log (action) VALUES ('first.sent')`);
  await drained(cluster);
  // What cannot be written is not confirmed, so the slot stays where it is while WAL goes on.
  server.faults.add({ kind: 'refuse', status: 503, times: 1_000_000, path: '/batch' });
  await cluster.client.query(`INSERT INTO audit_log (action) VALUES ('not.written')`);
  await waitFor(() => server.faults.met > 0, { description: 'the row to be refused' });
  expect((await slotOf(cluster))?.pid).not.toBeNull();
  await loseSlot(cluster);
  // What is confirmed before the row may still move a little before that.
  const before = await slotOf(cluster);
  await expect(line.ended).rejects.toMatchObject({
    code: 'GAP',
    exitCode: 76,
    message: expect.stringMatching(lostFrom(before?.confirmed ?? '', 'wal_removed')),
    remedy: expect.stringMatching(/wal2algolia recover --yes.*max_slot_wal_keep_size/),
  });
  // A process that starts finds the same, and makes nothing anew.
  await using again = startLine(lineConfig(cluster, server));
  await expect(again.ended).rejects.toMatchObject({
    exitCode: 76,
    message: expect.stringMatching(lostFrom(before?.confirmed ?? '', 'wal_removed')),
  });
  expect(await slotOf(cluster)).toMatchObject({ status: 'lost', confirmed: before?.confirmed });
});

test.each([
  ['is lost', loseSlot],
  [
    'is dropped',
    ({ client, slot }: OwnCluster) => client.query('SELECT pg_drop_replication_slot($1)', [slot]),
  ],
])(
  'a slot that %s in the moment in which it is asked for: told in our words, whatever the version says',
  async (what, work) => {
    await using cluster = await startOwnCluster({ settings: { max_slot_wal_keep_size: '1MB' } });
    await createAuditLog(cluster);
    const from = (await slotOf(cluster))?.confirmed ?? '';
    await using address = await startHeldStart(Number(new URL(cluster.url).port), () => work(cluster));
    const opening = openSession({ ...sessionOptions(cluster), url: withPort(cluster.url, address.port) });
    await expect(opening).rejects.toMatchObject({
      exitCode: 76,
      message: expect.stringMatching(
        what === 'is lost'
          ? lostFrom(from, 'wal_removed')
          : new RegExp(`does not exist; the gap is from ${from} to`),
      ),
    });
  },
);

test('lost because nobody read it for too long', async (context) => {
  if (serverMajor() < HAS_IDLE_TIMEOUT) {
    context.skip(`Postgres ${serverMajor()} has no idle_replication_slot_timeout`);
  }
  await using cluster = await startOwnCluster({ settings: { idle_replication_slot_timeout: '1s' } });
  await createAuditLog(cluster);
  await using server = await startIndex();
  const before = await slotOf(cluster);
  await waitFor(
    async () => {
      // Only a slot that keeps WAL from being removed can be too old for it.
      await cluster.client.query('SELECT pg_switch_wal()');
      await cluster.client.query('CHECKPOINT');
      return (await slotOf(cluster))?.status === 'lost';
    },
    { description: 'the slot to be lost' },
  );
  await released(cluster);
  await using line = startLine(lineConfig(cluster, server));
  await expect(line.ended).rejects.toMatchObject({
    exitCode: 76,
    message: expect.stringMatching(lostFrom(before?.confirmed ?? '', 'idle_timeout')),
    remedy: expect.stringMatching(/idle_replication_slot_timeout/),
  });
});
