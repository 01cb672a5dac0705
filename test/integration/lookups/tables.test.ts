import { expect, test } from 'vitest';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { createTables, expectedLog, expectLog, lookups, tables } from './lookup-case.ts';

const IS = `l.data -> 'is'`;

/** A row for each id, whose text says what the name must be. */
async function insertIds({ client }: TestDatabase, names: readonly (readonly [string, string | null])[]) {
  for (const [id, name] of names)
    await client.query(`INSERT INTO log (actor_id, data) VALUES ($1, jsonb_build_object('is', $2::text))`, [
      id,
      name,
    ]);
}

const cases: Readonly<
  Record<string, readonly [sql: string, names: readonly (readonly [string, string | null])[]]>
> = {
  'an empty table': ['SELECT 1', [['1', null]]],
  'a partitioned one': [
    `DROP TABLE users; CREATE TABLE users (id bigint PRIMARY KEY, name text) PARTITION BY RANGE (id);
     CREATE TABLE users_low PARTITION OF users FOR VALUES FROM (0) TO (100);
     CREATE TABLE users_high PARTITION OF users FOR VALUES FROM (100) TO (200);
     INSERT INTO users VALUES (1, 'low'), (101, 'high')`,
    [
      ['1', 'low'],
      ['101', 'high'],
      ['201', null],
    ],
  ],
  'a view': [
    `ALTER TABLE users RENAME TO people; INSERT INTO people VALUES (1, 'Ann');
     CREATE VIEW users AS SELECT id, upper(name) AS name FROM people`,
    [
      ['1', 'ANN'],
      ['2', null],
    ],
  ],
  'a generated name': [
    `ALTER TABLE users DROP name, ADD first text, ADD last text,
       ADD name text GENERATED ALWAYS AS (first || ' ' || last) STORED;
     INSERT INTO users (id, first, last) VALUES (1, 'Ann', 'Other')`,
    [['1', 'Ann Other']],
  ],
  'names that are no texts': [
    `ALTER TABLE users ALTER name TYPE date USING name::date; INSERT INTO users VALUES (1, '2026-01-02')`,
    [['1', '2026-01-02']],
  ],
  'numbers that are written in other ways': [
    `INSERT INTO users VALUES (1, 'one'), (-7, 'minus seven')`,
    [
      ['01', 'one'],
      [' 1 ', 'one'],
      ['+1', 'one'],
      ['-07', 'minus seven'],
      ['1', 'one'],
      ['1.0', null],
      ['', null],
    ],
  ],
  'keys of limited length': [
    `ALTER TABLE users ALTER id TYPE varchar(3); INSERT INTO users VALUES ('abc', 'short')`,
    [
      ['abc', 'short'],
      ['abcd', null],
      ['ab', null],
      ['ABC', null],
    ],
  ],
  'an enum, of which most texts are no values': [
    `CREATE TYPE role AS ENUM ('admin', 'guest'); ALTER TABLE users ALTER id TYPE role USING 'admin';
     INSERT INTO users VALUES ('admin', 'Administrator')`,
    [
      ['admin', 'Administrator'],
      ['guest', null],
      ['none', null],
      ['', null],
    ],
  ],
  'a domain': [
    `CREATE DOMAIN even AS int CHECK (VALUE % 2 = 0); ALTER TABLE users ALTER id TYPE even;
     INSERT INTO users VALUES (2, 'two')`,
    [
      ['2', 'two'],
      ['3', null],
      ['x', null],
      ['4', null],
    ],
  ],
  'letters that a collation takes for equal': [
    `CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
     ALTER TABLE users ALTER id TYPE text COLLATE blind; INSERT INTO users VALUES ('ann', 'Ann')`,
    [
      ['ann', 'Ann'],
      ['ANN', 'Ann'],
      ['bob', null],
    ],
  ],
  'several rows of one key, of which the first name counts': [
    `ALTER TABLE users DROP CONSTRAINT users_pkey; INSERT INTO users VALUES (1, NULL), (1, 'b'), (1, 'a'), (1, 'c')`,
    [['1', 'a']],
  ],
  'a name in another schema': [
    `CREATE SCHEMA "Other"; ALTER TABLE users SET SCHEMA "Other"; INSERT INTO "Other".users VALUES (1, 'moved')`,
    [['1', 'moved']],
  ],
};

test.each(Object.entries(cases))('names are found in %s', async (name, [sql, names]) => {
  await using database = await createDatabase();
  await createTables(database);
  await database.client.query(sql);
  await insertIds(database, names);
  await using server = await startIndex();
  const table = name.includes('schema') ? 'Other.users' : 'public.users';
  const config = lineConfig(database, server, { tables, lookups: { users: { ...lookups.users, table } } });
  await using line = startLine(config);
  await Promise.race([line.ended, drained(database)]);
  await insertIds(database, names.toReversed());
  await Promise.race([line.ended, drained(database)]);
  await expectLog(database, server, expectedLog(IS, 'NULL'), 2 * names.length);
  expect(line.status().state).toBe('streaming');
  await line.stop();
});
