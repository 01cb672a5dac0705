import { expect, test } from 'vitest';
import type { AlgoliaServer } from '../../../src/local/algolia/server.ts';
import { type Lsn, parseLsn } from '../../../src/lsn.ts';
import { createAuditLog } from '../../support/audit-log.ts';
import { compareIndex, expectEqual, expectedAuditLog } from '../../support/index-comparison.ts';
import { drained, type Line, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';

/** So that Postgres and we speak to each other many times while the index is away. */
const withShortTimeout = (url: string): string =>
  `${url}?options=${encodeURIComponent('-c wal_sender_timeout=1s')}`;

async function walEnd({ client }: TestDatabase): Promise<Lsn> {
  const { rows } = await client.query<{ lsn: string }>('SELECT pg_current_wal_flush_lsn()::text AS lsn');
  return parseLsn(rows[0]?.lsn ?? '');
}

async function confirmed({ client, slot }: TestDatabase): Promise<Lsn> {
  const { rows } = await client.query<{ lsn: string }>(
    'SELECT confirmed_flush_lsn::text AS lsn FROM pg_replication_slots WHERE slot_name = $1',
    [slot],
  );
  return parseLsn(rows[0]?.lsn ?? '');
}

const received = (line: Line): Lsn => parseLsn(line.status().slot.receivedLsn ?? '0/0');

/** WAL that concerns nobody: Postgres tells us of it in keepalives. */
async function noise({ client }: TestDatabase): Promise<void> {
  await client.query(`SELECT pg_logical_emit_message(false, 'noise', repeat('x', 10000), true)`).catch(() =>
    // The parameter that flushes is younger than Postgres 16.
    client.query(`SELECT pg_logical_emit_message(true, 'noise', repeat('x', 10000))`),
  );
}

async function stalled(server: AlgoliaServer): Promise<void> {
  server.faults.add({ kind: 'refuse', status: 503, times: 1_000_000, path: '/batch' });
}

test('keepalive overtaking rows: a position behind rows that are not written is not confirmed', async () => {
  await using database = await createDatabase();
  await createAuditLog(database);
  await using server = await startIndex();
  await using line = startLine({
    ...lineConfig(database, server),
    postgres: { url: withShortTimeout(database.url) },
  });
  await waitFor(() => line.status().state === 'streaming', { description: 'the session' });
  await stalled(server);
  await database.client.query(`INSERT INTO audit_log (action) VALUES ('held.up')`);
  await waitFor(() => server.faults.met > 0, { description: 'the row to be refused' });
  const rowsEnd = await walEnd(database);
  for (let time = 0; time < 5; time += 1) {
    await noise(database);
    const end = await walEnd(database);
    await waitFor(() => received(line) >= end, { description: 'a keepalive beyond the row' });
    expect(await confirmed(database)).toBeLessThan(rowsEnd);
  }
  server.faults.clear();
  await drained(database);
  expectEqual(await compareIndex(database.client, server, 'audit_log', expectedAuditLog()), 1);
});

test('in the middle of a transaction nothing of it is confirmed, however often Postgres and we speak meanwhile', async () => {
  await using database = await createDatabase();
  await createAuditLog(database);
  await using server = await startIndex();
  // Each batch takes its time, so that the transaction is under way for many keepalives.
  server.faults.add({ kind: 'slow', firstByteMs: 50, times: 1_000_000, path: '/batch' });
  const small = {
    batch: { recordsMax: 100, bytesMax: 600_000 },
    memory: { inFlightBytesMax: 600_000 },
  };
  await using line = startLine({
    ...lineConfig(database, server, small),
    postgres: { url: withShortTimeout(database.url) },
  });
  await waitFor(() => line.status().state === 'streaming', { description: 'the session' });
  // More than lies in the sockets, so that the walsender is held up and speaks to us in the middle of it.
  await database.client.query(
    `INSERT INTO audit_log (action, metadata) SELECT 'one.of.many', jsonb_build_object('text', repeat('x', 5000)) FROM generate_series(1, 5000)`,
  );
  const committed = await walEnd(database);
  // With a batch behind the first one every position from before the transaction is confirmed as well.
  await waitFor(() => (line.status().records.written ?? 0) >= 200, { description: 'the first rows' });
  const positions = new Set<string | null>();
  let looks = 0;
  await waitFor(
    async () => {
      const { confirmedLsn } = line.status().slot;
      if (server.record('audit_log', '5000') === undefined) {
        // So it was not whole when that was confirmed.
        positions.add(confirmedLsn);
        looks += 1;
      }
      return (await confirmed(database)) >= committed;
    },
    { description: 'the transaction to be confirmed' },
  );
  expect(looks).toBeGreaterThan(3);
  expect(positions.size).toBe(1);
  expectEqual(await compareIndex(database.client, server, 'audit_log', expectedAuditLog()), 5_000);
});
