import { expect, test } from 'vitest';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { createLog, facts, intruder, TABLES, verified } from './verify-case.ts';

const AGREES = { counts: [0, 0, 0, 0], excused: {}, listed: [] };
const LIMITS = [{}, { rowsPerWindow: 20 }, { leavesMax: 15 }];

test.each([
  [
    'uuid',
    'CREATE TABLE t (id uuid PRIMARY KEY, v text)',
    `('00000000-0000-0000-0000-' || lpad(i::text, 12, '0'))::uuid, 'v'`,
  ],
  [
    'text, in all sorts of characters',
    'CREATE TABLE t (id text PRIMARY KEY, v text)',
    `'Ü%:😀 /"\\' || i, 'v'`,
  ],
  [
    'an int8 beyond what a number holds',
    'CREATE TABLE t (id int8 PRIMARY KEY, v text)',
    `9007199254740990 + i, 'v'`,
  ],
  ['negative numbers', 'CREATE TABLE t (id int PRIMARY KEY, v text)', `i - 50, 'v'`],
  ['numeric', 'CREATE TABLE t (id numeric PRIMARY KEY, v text)', `i + 0.10, 'v'`],
  [
    'composite',
    'CREATE TABLE t (a text, b int, v text, PRIMARY KEY (a, b))',
    `'a:%' || i / 10, i % 10, 'v'`,
    ['a', 'b'],
  ],
  [
    'a partitioned table',
    `CREATE TABLE t (id int, region text, v text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
     CREATE TABLE t_a PARTITION OF t FOR VALUES IN ('0'); CREATE TABLE t_b PARTITION OF t DEFAULT`,
    `i, (i % 3)::text, 'v'`,
    ['id'],
  ],
  [
    'times without a zone, in the hour that comes twice',
    'CREATE TABLE t (id uuid PRIMARY KEY, occurred_at timestamp, v text)',
    `('00000000-0000-0000-0000-' || lpad(i::text, 12, '0'))::uuid, timestamp '2024-10-27 00:30' + i * interval '3 minutes', 'v'`,
  ],
  [
    'all of one time',
    'CREATE TABLE t (id uuid PRIMARY KEY, occurred_at timestamptz, v text)',
    `('00000000-0000-0000-0000-' || lpad(i::text, 12, '0'))::uuid, '2024-01-01', 'v'`,
  ],
  [
    'times far apart',
    'CREATE TABLE t (id uuid PRIMARY KEY, occurred_at timestamptz, v text)',
    `('00000000-0000-0000-0000-' || lpad(i::text, 12, '0'))::uuid,
     CASE i WHEN 1 THEN timestamptz '0044-03-15 BC' WHEN 2 THEN '9999-12-31' ELSE timestamptz '2024-01-01' + i * interval '1 ms' END, 'v'`,
  ],
] as const)('%s', async (_, sql, values, objectID: readonly string[] = ['id']) => {
  await using database = await createDatabase();
  const { client } = database;
  await createLog(database, { sql });
  await using server = await startIndex();
  const zoned = sql.includes('timestamp,')
    ? { occurred_at: { column: 'occurred_at', timeZone: 'Europe/Berlin' }, v: 'v' }
    : undefined;
  const table = { index: 't', objectID: [...objectID], ...(zoned && { attributes: zoned }) };
  const config = lineConfig(database, server, { tables: { 'public.t': table } });
  await using line = startLine(config);
  await client.query(`INSERT INTO t SELECT ${values} FROM generate_series(1, 100) i`);
  await drained(database);
  const names = server
    .journal()
    .applied.flatMap((task) => task.operations)
    .flatMap((operation) => (operation.kind === 'set' ? [operation.objectID] : []));
  expect(new Set(names).size).toBe(100);
  const [removed = '', altered = ''] = [names[7], names[93]];
  for (const limits of LIMITS)
    expect(facts(await verified(database, config, { limits }))).toEqual({
      rows: 100,
      records: 100,
      ...AGREES,
    });
  using index = intruder(server);
  for (const limits of LIMITS) {
    await index.remove(removed);
    await index.alter(altered, { v: 'altered' });
    await index.put({ objectID: 'no such key', v: 'v' });
    const found = await verified(database, config, { limits, repairs: true });
    expect(found.differences.map(({ objectID, difference }) => `${difference} ${objectID}`).sort()).toEqual([
      `differing ${altered}`,
      'extra no such key',
      `missing ${removed}`,
    ]);
    // One of a composite key names no row that could be read again.
    const isForeign = objectID.length > 1;
    expect(found.repaired).toBe(isForeign ? 2 : 3);
    if (isForeign) await index.remove('no such key');
  }
  expect(facts(await verified(database, config))).toEqual({ rows: 100, records: 100, ...AGREES });
  await line.stop();
});

test('a part of the table that begins or ends in an hour that comes twice, or not at all', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createLog(database, {
    sql: 'CREATE TABLE t (id int PRIMARY KEY, occurred_at timestamp, v text); CREATE INDEX ON t (occurred_at)',
  });
  await using server = await startIndex();
  const attributes = { occurred_at: { column: 'occurred_at', timeZone: 'Europe/Berlin' }, v: 'v' };
  const tables = { 'public.t': { index: 't', objectID: ['id'], attributes } };
  const config = lineConfig(database, server, { tables });
  await using line = startLine(config);
  await client.query(`INSERT INTO t SELECT i, timestamp '2024-10-27 00:30' + i * interval '5 minutes', 'v' FROM generate_series(1, 60) i;
    INSERT INTO t SELECT i, timestamp '2024-03-31 00:30' + (i - 100) * interval '5 minutes', 'v' FROM generate_series(101, 160) i`);
  await drained(database);
  using index = intruder(server);
  for (const edge of ['2024-10-27T00:15Z', '2024-10-27T01:15Z', '2024-03-31T00:59Z', '2024-03-31T01:20Z']) {
    const at = Date.parse(edge);
    for (const scope of [
      { by: 'time', from: at, to: undefined },
      { by: 'time', from: undefined, to: at },
    ] as const) {
      const within = `(extract(epoch FROM occurred_at AT TIME ZONE 'Europe/Berlin') * 1000 ${scope.from === undefined ? '<' : '>='} ${at})`;
      const { rows } = await client.query<{ id: string }>(
        `SELECT id::text FROM t WHERE ${within} ORDER BY abs(extract(epoch FROM occurred_at AT TIME ZONE 'Europe/Berlin') * 1000 - ${at}), occurred_at`,
      );
      const nearest = rows[0]?.id ?? '';
      const record = JSON.parse(server.record('t', nearest) ?? '') as object;
      await index.remove(nearest);
      expect(facts(await verified(database, config, { scope })), `${edge} ${JSON.stringify(scope)}`).toEqual({
        rows: rows.length,
        records: rows.length - 1,
        counts: [1, 0, 0, 0],
        excused: {},
        listed: [`missing ${nearest}`],
      });
      await index.put(record);
    }
  }
  await line.stop();
});

test('two tables in one index, each by its prefix', async () => {
  await using database = await createDatabase();
  const { client, publication } = database;
  await createLog(database);
  await client.query(
    `CREATE TABLE other (id int PRIMARY KEY, v text); ALTER PUBLICATION "${publication}" ADD TABLE other`,
  );
  await using server = await startIndex();
  const tables: ConfigInput['tables'] = {
    'public.t': { index: 't', objectID: ['id'], objectIDPrefix: 't/' },
    'public.other': { index: 't', objectID: ['id'], objectIDPrefix: 'other/' },
  };
  const config = lineConfig(database, server, { tables });
  await using line = startLine(config);
  await client.query(`INSERT INTO t SELECT i, '2024-01-01', 'v' FROM generate_series(1, 60) i;
    INSERT INTO other SELECT i, 'v' FROM generate_series(1, 50) i`);
  await drained(database);
  using index = intruder(server);
  await index.remove('t/3', 'other/4');
  await index.put({ objectID: 't/999' }, { objectID: 'other/999' }, { objectID: 'nobody/1' });
  await index.alter('t/5', { source_table: 'public.other' });
  for (const limits of LIMITS) {
    expect(facts(await verified(database, config, { limits }))).toEqual({
      rows: 60,
      records: 60,
      counts: [1, 1, 1, 0],
      excused: {},
      listed: ['differing t/5 source_table', 'extra t/999', 'missing t/3'],
    });
    expect(facts(await verified(database, config, { limits, table: 'public.other' }))).toEqual({
      rows: 50,
      records: 50,
      counts: [1, 1, 0, 0],
      excused: {},
      listed: ['extra other/999', 'missing other/4'],
    });
  }
  await line.stop();
});

test('an empty table, an empty index, no index', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createLog(database);
  await using server = await startIndex();
  const config = lineConfig(database, server, { tables: TABLES });
  await using line = startLine(config);
  for (const limits of LIMITS)
    expect(facts(await verified(database, config, { limits }))).toEqual({ rows: 0, records: 0, ...AGREES });
  await client.query('INSERT INTO t SELECT i FROM generate_series(1, 30) i');
  await drained(database);
  using index = intruder(server);
  await index.remove(...Array.from({ length: 30 }, (_, at) => `${at + 1}`));
  for (const limits of LIMITS) {
    const found = await verified(database, config, { limits });
    expect(facts(found)).toMatchObject({ rows: 30, records: 0, counts: [30, 0, 0, 0] });
    expect(new Set(found.differences.map(({ objectID }) => objectID)).size).toBe(30);
  }
  expect((await verified(database, config, { repairs: true })).repaired).toBe(30);
  await client.query('TRUNCATE t');
  for (const limits of LIMITS)
    expect(facts(await verified(database, config, { limits }))).toMatchObject({
      rows: 0,
      records: 30,
      counts: [0, 30, 0, 0],
    });
  expect((await verified(database, config, { repairs: true })).repaired).toBe(30);
  expect(facts(await verified(database, config))).toEqual({ rows: 0, records: 0, ...AGREES });
  await line.stop();
});

test.each([['id'], ['equalOnly(occurred_at_ms)']])(
  'an index whose settings keep numbers from being compared is read all at once, also for a part of the table: %s',
  async (filtered) => {
    await using database = await createDatabase();
    await createLog(database);
    await using server = await startIndex();
    const config = lineConfig(database, server, { tables: TABLES });
    await using line = startLine(config);
    await database.client.query(
      `INSERT INTO t SELECT i, timestamptz '2024-01-01' + i * interval '1 day' FROM generate_series(1, 60) i`,
    );
    await drained(database);
    await fetch(`${server.url}/1/indexes/t/settings`, {
      method: 'PUT',
      headers: { 'x-algolia-application-id': server.appId, 'x-algolia-api-key': server.adminKey },
      body: JSON.stringify({
        numericAttributesForFiltering: [filtered],
        unretrievableAttributes: ['v'],
        attributesToRetrieve: ['id'],
      }),
    });
    using index = intruder(server);
    await index.remove('4', '50');
    const [january = 0, february = 0] = [Date.parse('2024-01-01'), Date.parse('2024-02-01')];
    await index.put(
      { objectID: '600' },
      { objectID: '601', occurred_at_ms: february - 1 },
      { objectID: '602', occurred_at_ms: february },
    );
    const found = await verified(database, config, { limits: { rowsPerWindow: 10 } });
    expect(facts(found).listed).toEqual(['extra 600', 'extra 601', 'extra 602', 'missing 4', 'missing 50']);
    expect(found.windows).toBe(1);
    const scope = { by: 'time', from: january, to: february } as const;
    for (const limits of [{ rowsPerWindow: 10 }, { leavesMax: 8 }])
      expect(facts(await verified(database, config, { limits, scope }))).toMatchObject({
        rows: 30,
        records: 30,
        listed: ['extra 601', 'missing 4'],
      });
    await line.stop();
  },
);
