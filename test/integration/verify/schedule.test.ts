import { expect, test } from 'vitest';
import { drained, type Line, lineConfig, released, startIndex, startLine } from '../../support/line.ts';
import { connect, createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { commandFor } from '../cli/dead-letter-case.ts';
import { createLog, insertRows, intruder, TABLES } from './verify-case.ts';

const HOURLY = { everyHours: 1 };

type Kept = { readonly finished_at: string; readonly counts: Readonly<Record<string, number>> };

async function kept({ client }: TestDatabase): Promise<Kept | undefined> {
  const { rows } = await client.query<Kept>('SELECT finished_at::text, counts FROM wal2algolia.verification');
  return rows[0];
}

/** The comparison is due again. */
async function due({ client }: TestDatabase): Promise<void> {
  await client.query(`UPDATE wal2algolia.verification SET finished_at = now() - interval '61 minutes'`);
}

async function told(line: Line, database: TestDatabase, after?: string): Promise<Kept> {
  const found = await waitFor(
    async () => {
      const row = await kept(database);
      const isNew = row !== undefined && row.finished_at !== after;
      return isNew && line.status().verify !== undefined ? row : undefined;
    },
    { description: 'a result of verify' },
  );
  return found;
}

test('the holder compares once in the interval, a restart does not begin anew, and what differs is told', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await using server = await startIndex();
  const config = lineConfig(database, server, { tables: TABLES, verify: HOURLY });
  const logs: string[] = [];
  const start = (more = {}): Line => startLine({ ...config, ...more }, { onLog: (log) => logs.push(log) });
  await insertRows(database, 1, 30);

  let first: Kept;
  {
    await using line = start();
    first = await told(line, database);
    expect(first.counts).toMatchObject({ rows: 30, records: 30, missing: 0, extra: 0, differing: 0 });
    expect(line.status().verify).toMatchObject({ differing: 0, tables: { 'public.t': { rows: 30 } } });
    await line.stop();
  }
  await released(database);
  using index = intruder(server);
  await index.alter('7', { v: 'a secret value' });
  await index.remove('8');

  {
    await using line = start();
    const { at } = await waitFor(() => line.status().verify, { description: 'the last result' });
    expect(Date.parse(at ?? '')).toBe(Date.parse(first.finished_at.replace(/(\.\d{3})\d*/, '$1')));
    await insertRows(database, 31, 1);
    await drained(database);
    await line.stop();
  }
  expect(await kept(database)).toEqual(first);
  await released(database);

  await due(database);
  const before = await kept(database);
  {
    await using line = start();
    const second = await told(line, database, before?.finished_at);
    expect(second.counts).toMatchObject({ rows: 31, records: 30, missing: 1, extra: 0, differing: 1 });
    await waitFor(() => line.status().verify?.differing === 2, { description: 'the status' });
    await line.stop();
  }
  const warning = logs.find((log) => log.includes('table and index differ'));
  expect(JSON.parse(warning ?? '{}')).toMatchObject({
    level: 'warn',
    table: 'public.t',
    missing: 1,
    differing: 1,
  });
  expect(logs.join('')).not.toContain('secret value');

  await released(database);
  await using command = await commandFor(database, server, { tables: TABLES });
  const status = await command.end('status', '--json');
  expect(status.json).toMatchObject({
    verify: { differing: 2, tables: { 'public.t': { rows: 31, missing: 1 } } },
  });
  expect((await command.end('status')).stdout).toMatch(/verify +2 records differ, as of 2/);

  await due(database);
  const then = await kept(database);
  {
    await using line = start({ verify: { ...HOURLY, repair: true } });
    expect((await told(line, database, then?.finished_at)).counts).toMatchObject({
      missing: 1,
      differing: 1,
      repaired: 2,
    });
    await waitFor(() => line.status().verify?.differing === 0, { description: 'the status' });
    await line.stop();
  }
  expect(JSON.parse(server.record('t', '7') ?? '{}')).toMatchObject({ v: 'row 7' });
});

test('what cannot be compared is told and holds up neither the line nor the shutdown', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await using server = await startIndex();
  const tables = { 'public.t': { index: 't', attributes: { v: 'v' } } };
  // No attribute is the time of a row.
  const config = lineConfig(database, server, { tables, verify: { ...HOURLY, windowDays: 7 } });
  await using line = startLine(config);
  await waitFor(() => line.status().verify?.error, { description: 'the trouble' });
  expect(line.status()).toMatchObject({
    state: 'streaming',
    verify: { at: null, differing: 0, tables: {}, error: { code: 'USAGE' } },
  });
  await insertRows(database, 1, 3);
  await drained(database);
  await line.stop();
  expect(await kept(database)).toBeUndefined();
});

test('a comparison that is under way does not hold up the shutdown', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await using server = await startIndex();
  await insertRows(database, 1, 10);
  // The result cannot be kept.
  const locking = await connect(database.url);
  await locking.query('BEGIN; LOCK TABLE wal2algolia.verification IN SHARE MODE');
  const config = lineConfig(database, server, { tables: TABLES, verify: HOURLY, shutdownMs: 4_000 });
  await using line = startLine(config);
  await waitFor(
    async () => {
      const { rows } = await database.client.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'wal2algolia verification' AND wait_event_type = 'Lock'`,
      );
      return rows.length > 0;
    },
    { description: 'the comparison to wait' },
  );
  await insertRows(database, 11, 10);
  await drained(database);
  await line.stop();
  expect(line.status().state).toBe('stopped');
  await locking.end();
});

test('where it is not configured nothing is looked at', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await database.client.query('DROP TABLE wal2algolia.verification');
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables: TABLES }));
  await insertRows(database, 1, 1);
  await drained(database);
  expect(line.status()).not.toHaveProperty('verify');
});
