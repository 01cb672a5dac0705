import { expect, test } from 'vitest';
import { connect } from '../../../src/database/connection.ts';
import { readPublications } from '../../../src/database/publication/publication.ts';
import { checkPublishedFilter } from '../../../src/database/publication/published-filters.ts';
import { readServer } from '../../../src/database/server.ts';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { EVERY_KIND, MOOD, SOME_ROWS, setUpFilters } from './filter-setup.ts';

const long = Array.from({ length: 10_000 }, (_, at) => `'note number ${at}'`).join(', ');

const filters: readonly string[] = [
  `tenant <> 'internal'`,
  `tenant IS DISTINCT FROM 'internal'`,
  `note IS NULL OR note <> 'it''s — 🦊'`,
  `note = U&'it\\0027s \\2014 \\+01F98A'`,
  `note = E'it\\'s — 🦊'`,
  `note = $q$it's — 🦊$q$`,
  `"Größe" BETWEEN 1 AND 10`,
  'flag',
  'NOT flag',
  'flag IS NOT TRUE AND tenant IS NOT NULL',
  `tenant::text IN ('acme', 'other', 'a--b')`,
  `tenant = 'acme' OR tenant = 'a--b'`,
  `note NOT IN ('plain', '')`,
  `data ->> 'kind' = 'x'`,
  `data @> '{"a": 1}'`,
  `data ? 'kind'`,
  `occurred_at >= '2026-01-01'`,
  `day > date '2026-01-01'`,
  'amount::int > 1',
  'amount > 1.50 OR amount = 1.5',
  `lower(note) LIKE 'pl%'`,
  `note ~ '^i'`,
  `'y' = ANY (tags)`,
  `CASE WHEN flag THEN true ELSE note = 'plain' END`,
  '(id, "Größe") = (2, 2)',
  `note COLLATE "C" BETWEEN 'a' AND 'j'`,
  `note COLLATE "C" BETWEEN 'a' AND 'j' OR note < 'b' COLLATE pg_catalog."POSIX"`,
  `note = 'today' OR note = 'now "then"' OR flag`,
  `coalesce(note, '') <> ''`,
  `tenant <> 'internal' -- those are ours; collate nothing`,
  `/* collate "C"
 */ tenant <> 'internal'`,
  `tenant <> 'a--b' /* (not) */`,
  `\n  tenant\n  <> 'internal'\n`,
  'true',
  'false',
  '1 = 2',
  `note NOT IN (${long})`,
];

const tables = filters.map((filter, at) => ({ name: `t${at}`, filter }));

/** The records of all tables, in one index. */
const expected = tables
  .map(
    ({
      name,
      filter,
    }) => `SELECT '${name}-' || id AS object_id, jsonb_build_object('objectID', '${name}-' || id, 'id', id,
      'note', note, 'source_table', 'public.${name}') AS record FROM ${name}_inserted WHERE (${filter}\n)`,
  )
  .join('\nUNION ALL ');

/** What an application does all day; a copy shows what was inserted, which is what is followed. */
async function work({ client }: TestDatabase, name: string): Promise<void> {
  await client.query(`CREATE TABLE ${name}_inserted AS SELECT * FROM ${name}; INSERT INTO ${name} VALUES ${SOME_ROWS};
    INSERT INTO ${name}_inserted SELECT * FROM ${name};
    UPDATE ${name} SET note = 'changed', tenant = 'internal', flag = NOT flag WHERE id = 2;
    UPDATE ${name} SET id = 20 WHERE id = 1; DELETE FROM ${name} WHERE id = 3; TRUNCATE ${name}`);
}

test('setup publishes every kind of filter, statements of the application go on, run finds just those rows, and a second setup has nothing to do', async () => {
  await using database = await createDatabase();
  await using server = await startIndex();
  const { client } = database;
  await client.query([MOOD, ...tables.map(({ name }) => `CREATE TABLE ${name} ${EVERY_KIND}`)].join(';'));
  const operations = ['insert' as const];
  const wanted = Object.fromEntries(tables.map(({ name, filter }) => [name, { filter, operations }]));
  await setUpFilters(database, wanted);
  const configured = tables.map(({ name, filter }) => {
    const attributes = { id: 'id', note: 'note' };
    return [`public.${name}`, { index: 'all', objectIDPrefix: `${name}-`, filter, operations, attributes }];
  });
  await using line = startLine(lineConfig(database, server, { tables: Object.fromEntries(configured) }));
  for (const { name } of tables) await work(database, name);
  await Promise.race([drained(database), line.ended]);
  expectEqual(await compareIndex(client, server, 'all', expected), (3 * filters.length) / 2);
  await line.stop();
  const { statements, notices } = await setUpFilters(database, wanted);
  expect({ statements, notices }).toEqual({ statements: [], notices: [] });
});

test('filters that differ in nothing but a collation are two', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await client.query('CREATE TABLE t (id int PRIMARY KEY, note text)');
  const operations = ['insert' as const];
  for (const filter of [
    `note < 'b'`,
    `note < 'b' COLLATE "C"`,
    `note < 'b' COLLATE "POSIX"`,
    `note COLLATE "C" < 'b'`,
    `note COLLATE "POSIX" < 'b'`,
    `note COLLATE ucs_basic < 'b'`,
  ]) {
    await setUpFilters(database, { t: { filter, operations } });
    const { rows } = await client.query<{ filter: string }>(
      'SELECT rowfilter AS filter FROM pg_publication_tables',
    );
    expect(/COLLATE "?\w+"?/.exec(rows[0]?.filter ?? '')?.[0]).toBe(/COLLATE "?\w+"?/.exec(filter)?.[0]);
  }
});

test('run compares filters without any right to the table', async () => {
  await using database = await createDatabase();
  const { client, publication } = database;
  const role = `${publication}_role`;
  await client.query([MOOD, ...tables.map(({ name }) => `CREATE TABLE ${name} ${EVERY_KIND}`)].join(';'));
  await setUpFilters(
    database,
    Object.fromEntries(tables.map(({ name, filter }) => [name, { filter, operations: ['insert'] }])),
  );
  const ours = await connect(database.url, { applicationName: 'run' });
  try {
    await client.query(`CREATE ROLE ${role}; REVOKE ALL ON SCHEMA public FROM PUBLIC`);
    const server = await readServer(ours);
    const publications = await readPublications(ours, [publication]);
    await ours.query(`SET ROLE ${role}`);
    for (const [at, { name, filter }] of tables.entries()) {
      const { rows } = await client.query<{ oid: number }>(`SELECT '${name}'::regclass::oid::int AS oid`);
      const check = (text: string): Promise<void> =>
        checkPublishedFilter(ours, server, publications, {
          oid: rows[0]?.oid ?? 0,
          name: `public.${name}`,
          filter: text,
        });
      await check(filter);
      for (const other of [`note = 'something else'`, `note = 1`, filters[at + 5] ?? `mood = 'fine'`])
        await expect(check(other), `${filter} is taken for ${other}`).rejects.toThrow(
          /with another row filter/,
        );
    }
  } finally {
    await ours.end();
    await client.query(`DROP ROLE ${role}`);
  }
});
