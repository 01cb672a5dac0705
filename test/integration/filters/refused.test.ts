import { expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { EVERY_KIND, MOOD, setUpFilters } from './filter-setup.ts';

const refusals: Readonly<Record<string, RegExp>> = {
  'tenant <>': /syntax error/,
  '   ': /syntax error/,
  'teant = 1': /"teant"/,
  tenant: /boolean/,
  'tenant, flag': /boolean/,
  '-- nothing': /syntax error/,
  'true) OR (true': /syntax error/,
  'true); DROP TABLE t; SELECT (true': /multiple commands/,
  'true; DROP TABLE t': /syntax error/,
  'flag AS x': /syntax error/,
  'flag ORDER BY 1': /syntax error/,
  'true FROM pg_class WHERE (true)': /syntax error/,
  'flag UNION ALL SELECT true': /syntax error/,
  'flag /* open': /unterminated/,
  "tenant = 'open": /unterminated/,
  $1: /parameter/,
  "id > 'a'": /integer/,
  '1 / 0 = 1': /division by zero/,
  't.flag': /"t"/,
  'flag IS NULL AND t IS NOT NULL': /"t"/,
  'occurred_at > now()': /mutable|immutable/,
  "occurred_at > now() - interval '1 day'": /mutable|immutable/,
  "occurred_at > '2026-01-01'::text::timestamptz": /mutable|immutable/,
  "occurred_at > 'now'": /takes? for the moment|would take/,
  "day = 'today'": /would take/,
  "tenant IN ('acme', 'other')": /row filter/,
  'random() < 0.5': /mutable|immutable/,
  'is_ours(tenant)': /is_ours/,
  'public.is_ours(tenant)': /row filter.*(unctions|allowed)/s,
  'EXISTS (SELECT FROM pg_class)': /row filter/,
  'id IN (SELECT 1)': /row filter/,
  'count(*) > 1': /aggregate/,
  'row_number() OVER () = 1': /window/,
  'generate_series(1, id) > 1': /set-returning/,
  "ctid <> '(0,1)'": /"ctid"/,
  'tableoid > 1': /"tableoid"/,
  'doubled > 2': /"doubled"/,
  "mood = 'fine'": /"mood", whose type public\.mood is none of Postgres's own/,
  "mood::text = 'fine' OR flag": /whose type/,
  'NULL::public.mood IS NULL AND flag': /ser-defined types/,
};

async function made({ client, publication, slot }: TestDatabase): Promise<unknown> {
  const { rows } = await client.query(
    `SELECT (SELECT count(*)::int FROM pg_publication) AS publications, (SELECT count(*)::int FROM pg_replication_slots
       WHERE slot_name = $2) AS slots, (SELECT count(*)::int FROM pg_publication_rel) AS tables, to_regclass('t') IS NOT NULL AS kept,
       to_regnamespace('wal2algolia') IS NULL AS untouched, $1 AS publication`,
    [publication, slot],
  );
  return rows[0];
}

test('what is no row filter is refused with its reason, before anything is made', async () => {
  await using database = await createDatabase();
  await database.client.query(`${MOOD}; CREATE TABLE t ${EVERY_KIND};
    CREATE FUNCTION is_ours(text) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT $1 = ''internal'''`);
  const before = await made(database);
  const said: string[] = [];
  const expected: unknown[] = [];
  for (const [filter, reason] of Object.entries(refusals)) {
    for (const dryRun of [true, false]) {
      said.push(
        await setUpFilters(database, { t: { filter, operations: ['insert'] } }, { dryRun }).then(
          () => `${filter}: accepted`,
          ({ code, message }: Error & { code: string }) => `${filter}: ${code} ${message}`,
        ),
      );
      expected.push(
        expect.stringMatching(new RegExp(`: PRECONDITION public.t: .*\`filter\`.*(${reason.source})`, 's')),
      );
    }
  }
  expect(said).toEqual(expected);
  expect(await made(database)).toEqual(before);
});

test('what only parentheses make an expression is refused, also where just that is published', async () => {
  await using database = await createDatabase();
  await database.client.query('CREATE TABLE t (id int PRIMARY KEY)');
  await setUpFilters(database, { t: { filter: '(id > 1) OR (id < 0)' } });
  await expect(setUpFilters(database, { t: { filter: 'id > 1) OR (id < 0' } })).rejects.toThrow(
    /syntax error/,
  );
});

test('a function that lies about itself can write nothing while the filter is read', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await client.query(`CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE calls (n int);
    CREATE FUNCTION writes(int) RETURNS boolean LANGUAGE sql AS 'INSERT INTO public.calls VALUES ($1); SELECT true';
    CREATE FUNCTION lies(int) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN public.writes($1); END'`);
  const refused = setUpFilters(database, { t: { filter: 'public.lies(1)', operations: ['insert'] } });
  await expect(refused).rejects.toThrow(/read-only transaction/);
  expect((await client.query('SELECT FROM calls')).rowCount).toBe(0);
});
