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
