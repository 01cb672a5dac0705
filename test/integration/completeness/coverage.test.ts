import { expect, test } from 'vitest';
import { Closing } from '../../../src/completeness/closing.ts';
import { SessionStatus } from '../../../src/completeness/session-status.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { CoverageTable } from '../../../src/database/own-tables/coverage-table.ts';
import { GapError } from '../../../src/errors.ts';
import { type Lsn, parseLsn } from '../../../src/lsn.ts';
import type { Session } from '../../../src/replication/session.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { runSetup, setUp } from '../setup/setup-command.ts';
import { createCase, serverTime } from './status-case.ts';

const algolia = { statusIndex: 'status' };
const TIME = /^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{6}Z$/;
const tables = { 'public.t': { index: 't' } };

async function walEnd({ client }: TestDatabase): Promise<Lsn> {
  const { rows } = await client.query<{ lsn: string }>('SELECT pg_current_wal_flush_lsn()::text AS lsn');
  return parseLsn(rows[0]?.lsn ?? '0/0');
}

test('setup notes a slot that it makes, and the gap before one that it makes anew', async () => {
  await using database = await createDatabase();
  const { client, slot } = database;
  await client.query('CREATE TABLE t (id int PRIMARY KEY)');
  const before = await serverTime(database);
  const { statements, notices } = await setUp({ database, tables, algolia });
  expect(statements.at(-1)).toMatch(/^INSERT INTO wal2algolia\.coverage /);
  expect(notices.filter((text) => text.includes('pg_read_all_stats'))).toEqual([]);
  expect((await setUp({ database, tables, algolia })).statements).toEqual([]);

  const coverage = new CoverageTable(database);
  const first = await coverage.open(await walEnd(database), ['public.t'], []);
  expect(first).toEqual({
    fromLsn: expect.any(String),
    fromTime: expect.stringMatching(TIME),
    throughTime: null,
    tables: { 'public.t': first.fromTime },
    gaps: [],
  });
  expect(first.fromTime > before).toBe(true);
  const reached = await walEnd(database);
  await coverage.keep(reached, '2026-11-23T14:00:00.000001Z');

  await client.query('SELECT pg_drop_replication_slot($1)', [slot]);
  await setUp({ database, tables, algolia });
  const { fromTime, gaps } = await coverage.open(await walEnd(database), ['public.t', 'public.later'], []);
  expect(fromTime).toBe(first.fromTime);
  expect(gaps).toEqual([
    {
      fromLsn: expect.any(String),
      fromTime: '2026-11-23T14:00:00.000001Z',
      toLsn: expect.any(String),
      toTime: expect.stringMatching(TIME),
      reason: 'the slot was made anew',
    },
  ]);
  expect(parseLsn(gaps[0]?.fromLsn ?? '')).toBe(reached);
  expect((gaps[0]?.toTime ?? '') > first.fromTime).toBe(true);
});

test('a gap that is let pass begins where the index was complete; a new table begins later than the others', async () => {
  await using database = await createDatabase();
  await createCase(database);
  const coverage = new CoverageTable(database);
  const end = await walEnd(database);
  const first = await coverage.open(end, ['public.t'], []);
  await coverage.keep(end, '2026-11-23T14:00:00.000001Z');
  const second = await coverage.open(end, ['public.t', 'public.later'], ['a failover']);
  expect(second.gaps).toMatchObject([{ fromTime: '2026-11-23T14:00:00.000001Z', reason: 'a failover' }]);
  expect(second.tables['public.t']).toBe(first.tables['public.t']);
  expect((second.tables['public.later'] ?? '') > (first.tables['public.t'] ?? '')).toBe(true);
  const third = await coverage.open(end, ['public.later'], []);
  expect(third.tables).toEqual({ 'public.later': second.tables['public.later'] });
  expect(third.gaps).toEqual(second.gaps);
});

test('dead letters are told by table and time; one whose own time is not sure has none', async () => {
  await using database = await createDatabase();
  await createCase(database);
  const { client, slot } = database;
  const letter = (id: string, record: string | null) =>
    client.query(
      `INSERT INTO wal2algolia.dead_letter (slot_name, table_name, index_name, object_id, action, reason, message, committed_at, record)
       VALUES ($1, 'public.t', 't', $2, 'update', 'refused', 'm', '2026-11-23T14:00:05Z', $3)`,
      [slot, id, record],
    );
  const coverage = new CoverageTable(database);
  expect(await coverage.letters('at')).toEqual([]);
  await letter('1', '{"objectID":"1","at":"2026-11-23T14:00:00.5Z","at_ms":1}');
  await letter('2', '{"data":{"at":"2020-01-01T00:00:00Z"},"at":"2026-11-23T14:00:00Z"}');
  await letter('3', null);
  await letter('4', '{"at":"2026-11-23T14:00:00Z","text":"\\"at\\":\\"2020\\""}');
  const common = { table: 'public.t', index: 't', reason: 'refused', count: 1 };
  const committed = {
    committedFrom: '2026-11-23T14:00:05.000000Z',
    committedTo: '2026-11-23T14:00:05.000000Z',
  };
  const timed = (at: string | null) => ({ ...common, ...committed, from: at, to: at });
  expect(await coverage.letters('at')).toEqual([
    timed('2026-11-23T14:00:00.000000Z'),
    timed('2026-11-23T14:00:00.500000Z'),
    timed(null),
    timed(null),
  ]);
  await client.query(
    `INSERT INTO wal2algolia.dead_letter (slot_name, table_name, index_name, object_id, action, reason, message, record)
     SELECT $1, 'public.t', 't', 'n' || g, 'update', 'refused', 'm',
            format('{"at":"%sZ"}', to_char(timestamp '2026-11-24' + g * interval '1 second', 'YYYY-MM-DD"T"HH24:MI:SS')) FROM generate_series(1, 5000) g`,
    [slot],
  );
  const many = await coverage.letters('at');
  expect(many.length).toBeLessThan(400);
  expect(many.reduce((sum, { count }) => sum + count, 0)).toBe(5_004);
});

test('setup of a role that may not make it names what the owner has to run', async () => {
  await using database = await createDatabase();
  const { client, name, url } = database;
  const role = `setter_${name}`;
  await client.query(`CREATE ROLE ${role} LOGIN REPLICATION PASSWORD 'sets'; CREATE TABLE t (id int PRIMARY KEY);
    CREATE PUBLICATION "${database.publication}" FOR TABLE t; GRANT SELECT ON t TO ${role}; GRANT USAGE ON SCHEMA public TO ${role}`);
  try {
    const own = new URL(url);
    own.username = role;
    own.password = 'sets';
    const setupCase = { database: { ...database, url: own.href }, tables, algolia };
    const refused = await runSetup(setupCase);
    expect(refused.code).toBe(78);
    const statements = /As the owner of database and table: (.*)\. Then run setup again/.exec(refused.stderr);
    expect(statements?.[1]).not.toContain('INSERT INTO');
    await client.query(statements?.[1] ?? '');
    const done = await setUp(setupCase);
    expect(done.statements.at(-1)).toMatch(/^INSERT INTO wal2algolia\.coverage /);
    expect(done.notices.join()).toContain(`GRANT pg_read_all_stats TO "${role}"`);
  } finally {
    await client.query(`DROP OWNED BY ${role}`);
    await client.query(`DROP ROLE ${role}`);
  }
});

test('a gap that the session goes on after is noted before it confirms anything, or by the keeper once it can be', async () => {
  await using database = await createDatabase();
  await createCase(database);
  const { client, slot, url } = database;
  const told: unknown[] = [];
  const sent: string[] = [];
  const config = parseConfig({
    postgres: { url },
    replication: { slot },
    algolia: { appId: 'app', apiKey: 'key', statusIndex: 'status' },
    tables,
  });
  const end = await walEnd(database);
  const session = {
    startLsn: end,
    fence: async () => undefined,
    observe: async () => ({
      nowMicros: BigInt(Date.now()) * 1_000n,
      oldestMicros: undefined,
      prepared: [],
      blind: undefined,
      lsn: end,
    }),
  } as unknown as Session;
  const begin = () =>
    new SessionStatus({
      config,
      url,
      statusIndex: 'status',
      closing: new Closing(),
      onStatus: (error) => told.push(error),
      algolia: {
        batch: async (_, body) => {
          sent.push(Buffer.from(body).toString());
          return { taskID: 1 };
        },
      },
    });
  const gaps = async () => (await client.query('SELECT gaps FROM wal2algolia.coverage')).rows[0]?.gaps;

  await new CoverageTable(database).open(end, ['public.t'], []);
  const first = begin();
  first.passedGap(new GapError('a failover'));
  await first.noteGaps(session);
  expect(await gaps()).toMatchObject([{ reason: 'a failover' }]);
  await first.close();

  await client.query('ALTER TABLE wal2algolia.coverage RENAME TO away');
  const second = begin();
  second.passedGap(new GapError('another failover'));
  await second.noteGaps(session);
  expect(told).toMatchObject([{ code: 'PRECONDITION' }]);
  await client.query('ALTER TABLE wal2algolia.away RENAME TO coverage');
  second.start(session, { count: 0, changes: 0 });
  await waitFor(() => sent.length > 0, { description: 'a status' });
  await second.close();
  expect((await gaps()).at(-1)).toMatchObject({ reason: 'another failover' });
  expect(sent[0]).toContain('another failover');
});
