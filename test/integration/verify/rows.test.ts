import { expect, test } from 'vitest';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { actorDigest } from '../../../src/records/erased-actors.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { letter, openLetters, setAside } from '../dead-letters/letter-case.ts';
import { createFloorTable, hourSql } from '../sweep/retention-case.ts';
import { createLog, facts, insertRows, intruder, TABLES, verified } from './verify-case.ts';

const NONE = { counts: [0, 0, 0, 0], listed: [] };

test('a row with a dead letter is no difference, one that cannot be a record neither', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createLog(database);
  await using server = await startIndex();
  const config = lineConfig(database, server, { tables: TABLES });
  await using line = startLine(config);
  await insertRows(database, 1, 20);
  await client.query(
    `INSERT INTO t VALUES (100, '2024-01-01', repeat('x', 20000)), (101, '2024-01-01', repeat('y', 1000000))`,
  );
  await drained(database);
  using index = intruder(server);
  await index.remove('5', '6');
  await index.alter('7', { v: 'altered' });
  await line.stop();
  {
    await using letters = await openLetters(database);
    await letters.apply(setAside(letter({ objectID: '5' }), letter({ objectID: '7' })));
  }
  expect(facts(await verified(database, config))).toEqual({
    rows: 20,
    records: 18,
    counts: [1, 0, 0, 0],
    excused: { deadLetters: 2, unfit: 2 },
    listed: ['missing 6'],
  });
});

test('what gets a dead letter when it is read again is not repaired', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await using server = await startIndex();
  const config = lineConfig(database, server, { tables: TABLES });
  await using line = startLine(config);
  await insertRows(database, 1, 10);
  await drained(database);
  using index = intruder(server);
  await index.remove('5', '6');
  server.faults.add({ kind: 'poison', objectIDs: ['5'] });
  const found = await verified(database, config, { repairs: true });
  expect(facts(found)).toEqual({
    rows: 10,
    records: 8,
    counts: [2, 0, 0, 1],
    excused: {},
    listed: ['missing 5', 'missing 6'],
  });
  expect(found.differences.map(({ objectID, isRepaired }) => [objectID, isRepaired])).toEqual([
    ['5', false],
    ['6', true],
  ]);
  expect(facts(await verified(database, config))).toMatchObject({ ...NONE, excused: { deadLetters: 1 } });
  await line.stop();
});

test('rows of the erased have no record; one that is there all the same is found', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createLog(database, { sql: 'CREATE TABLE t (id int8 PRIMARY KEY, actor_id text, v text)' });
  await using server = await startIndex();
  const config = lineConfig(database, server, { tables: TABLES });
  await client.query(
    `INSERT INTO wal2algolia.erased_actor (slot_name, digest, more_digests, finished_at) VALUES ($1, $2, '{}', now())`,
    [database.slot, actorDigest('mallory')],
  );
  await using line = startLine(config);
  await client.query(
    `INSERT INTO t SELECT i, CASE WHEN i % 3 = 0 THEN 'mallory' ELSE 'alice' END, 'v' FROM generate_series(1, 30) i`,
  );
  await drained(database);
  expect(facts(await verified(database, config))).toEqual({
    rows: 20,
    records: 20,
    ...NONE,
    excused: { erased: 10 },
  });
  using index = intruder(server);
  await index.put({ objectID: '3', actor_id: 'mallory', v: 'v' });
  expect(facts(await verified(database, config, { repairs: true }))).toEqual({
    rows: 20,
    records: 21,
    counts: [0, 1, 0, 1],
    excused: { erased: 10 },
    listed: ['extra 3'],
  });
  expect(server.record('t', '3')).toBeUndefined();
  await line.stop();
});

test('rows below the floor have no record, and records that are yet to be swept are no difference', async () => {
  await using database = await createDatabase();
  const { client, slot } = database;
  await createLog(database);
  await createFloorTable(database);
  const tables: ConfigInput['tables'] = {
    'public.t': { index: 't', objectID: ['id'], retention: { days: 18_000, sweepPerSecond: 1_000 } },
  };
  await using server = await startIndex();
  const config = lineConfig(database, server, { tables });
  await client.query(`INSERT INTO wal2algolia.retention_floor VALUES ($1, 'public.t', ${hourSql(50)})`, [
    slot,
  ]);
  await using line = startLine(config);
  await client.query(`INSERT INTO t SELECT i, ${hourSql('i')}, 'v' FROM generate_series(1, 100) i`);
  await drained(database);
  expect(facts(await verified(database, config))).toEqual({
    rows: 51,
    records: 51,
    ...NONE,
    excused: { belowFloor: 49 },
  });
  await line.stop();
  // Nobody sweeps any more.
  await client.query(`UPDATE wal2algolia.retention_floor SET floor = ${hourSql(60)}`);
  await client.query('DELETE FROM t WHERE id = 55');
  for (const limits of [{}, { rowsPerWindow: 10 }])
    expect(facts(await verified(database, { ...config, tables: TABLES }, { limits })).rows).toBe(99);
  expect(facts(await verified(database, config))).toMatchObject({ rows: 41, ...NONE });
});

test('a cut record, a huge row and every NULL are compared as they are written', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createLog(database, {
    sql: `CREATE TABLE t (id int8 PRIMARY KEY, occurred_at timestamptz, v text, data jsonb, n numeric, raw bytea, list text[]);
      ALTER TABLE t ALTER COLUMN v SET STORAGE EXTERNAL`,
  });
  await using server = await startIndex();
  const tables: ConfigInput['tables'] = { 'public.t': { index: 't', objectID: ['id'], oversize: 'cut' } };
  const config = lineConfig(database, server, { tables });
  await using line = startLine(config);
  await client.query(`INSERT INTO t VALUES (1); INSERT INTO t VALUES (2, 'infinity', repeat('ü', 500000), '{"b": 1.10, "a": [1e3, "😀"]}', 'NaN', '\\x00ff', '{a,NULL,"b c"}'),
    (3, '2024-01-01', repeat('x', 9000), jsonb_build_object('k', repeat('y', 9000)), 12345678901234567890.123, NULL, '{}')`);
  await drained(database);
  expect(server.record('t', '2')).toContain('"_cut"');
  expect(facts(await verified(database, config))).toEqual({ rows: 3, records: 3, ...NONE, excused: {} });
  await client.query('UPDATE t SET n = 1');
  await drained(database);
  expect(facts(await verified(database, config))).toEqual({ rows: 3, records: 3, ...NONE, excused: {} });
  using index = intruder(server);
  await index.alter('3', { _cut: [], n: 1.5 });
  expect(facts(await verified(database, config)).listed).toEqual(['differing 3 n _cut']);
  await line.stop();
});

test('what a function makes is compared where it is pure, else only looked for', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createLog(database);
  await using server = await startIndex();
  const apply = async (record: Record<string, unknown>) => {
    if (record['v'] === 'skip') return null;
    if (record['v'] === 'throw') throw new Error('v');
    return { ...record, loud: `${String(record['v'])}!` };
  };
  const tablesOf = (isPure: boolean): ConfigInput['tables'] => ({
    'public.t': { index: 't', objectID: ['id'], transform: { apply, isPure } },
  });
  const config = lineConfig(database, server, { tables: tablesOf(true) });
  await using line = startLine(config);
  await client.query(
    `INSERT INTO t SELECT i, '2024-01-01', CASE i % 5 WHEN 1 THEN 'skip' WHEN 2 THEN 'throw' ELSE 'v' END FROM generate_series(1, 700) i`,
  );
  await drained(database);
  const pure = await verified(database, config);
  expect(facts(pure)).toEqual({ rows: 420, records: 420, ...NONE, excused: { unfit: 140 } });
  expect(pure.presenceOnly).toBeUndefined();
  using index = intruder(server);
  await index.alter('3', { loud: 'no' });
  await index.remove('4');
  await index.put({ objectID: '1', v: 'skip' });
  expect(facts(await verified(database, config)).listed).toEqual([
    'differing 3 loud',
    'extra 1',
    'missing 4',
  ]);
  const impure = await verified(database, { ...config, tables: tablesOf(false) });
  expect(facts(impure).listed).toEqual(['extra 1', 'missing 4']);
  expect(impure.presenceOnly).toBe('its transform is not declared pure');
  await line.stop();
});

test('names, labels of pseudonyms and the commit are no part of what is compared', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createLog(database, {
    sql: `CREATE TABLE t (id int8 PRIMARY KEY, actor_id text, owner_id text, v text);
    CREATE TABLE users (id text PRIMARY KEY, name text); INSERT INTO users VALUES ('a', 'Ann')`,
  });
  await using server = await startIndex();
  const tables: ConfigInput['tables'] = {
    'public.t': {
      index: 't',
      objectID: ['id'],
      attributes: {
        v: 'v',
        who: { column: 'actor_id', pseudonym: 'user', label: 'who_label' },
        name: { column: 'owner_id', lookup: 'users' },
      },
    },
  };
  const config = {
    ...lineConfig(database, server, { tables }),
    lookups: { users: { table: 'public.users', value: 'name' } },
    pseudonyms: { keys: [{ id: 'k', secret: 'a key that is long enough for this one' }] },
  };
  await using line = startLine(config);
  await client.query(
    `INSERT INTO t SELECT i, 'somebody ' || i, CASE WHEN i % 2 = 0 THEN 'a' END, 'v' FROM generate_series(1, 40) i`,
  );
  await drained(database);
  await client.query(`UPDATE users SET name = 'Anna'`);
  using index = intruder(server);
  await index.alter('2', { who_label: 'another', name: 'Nobody', wal: { lsn: '0/0' } });
  expect(facts(await verified(database, config))).toEqual({ rows: 40, records: 40, ...NONE, excused: {} });
  await index.alter('4', { who: 'somebody else' });
  expect(facts(await verified(database, config)).listed).toEqual(['differing 4 who']);
  await line.stop();
});

test('with confirmAfter accepted it waits until what was accepted can be found', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await using server = await startIndex({ taskDelayMs: 700 });
  const config = lineConfig(database, server, { tables: TABLES, algolia: { confirmAfter: 'accepted' } });
  await using line = startLine(config);
  await insertRows(database, 1, 50);
  expect(facts(await verified(database, config))).toEqual({ rows: 50, records: 50, ...NONE, excused: {} });
  using index = intruder(server);
  await index.remove('4');
  expect(facts(await verified(database, config, { repairs: true }))).toMatchObject({ counts: [1, 0, 0, 1] });
  expect(server.record('t', '4')).toContain('row 4');
  await line.stop();
});
