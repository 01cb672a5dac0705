import { Client } from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { kinds, LIMIT, openRefresher, tables, wishes } from './refresher-case.ts';

async function database(sql: string): Promise<TestDatabase> {
  const created = await createDatabase();
  onTestFinished(() => created[Symbol.asyncDispose]());
  await created.client.query(`${sql}; CREATE PUBLICATION "${created.publication}" FOR TABLE t`);
  return created;
}

/** Done once, and committed, before the first statement that matches, of which there is one only behind the look at the table. */
function before(statement: RegExp, { client }: TestDatabase, sql: string): void {
  const query = Client.prototype.query;
  let isDone = false;
  const spy = vi.spyOn(Client.prototype, 'query');
  onTestFinished(() => spy.mockRestore());
  spy.mockImplementation(async function (this: Client, ...given: unknown[]) {
    const [first] = given as [string | { text: string }];
    const text = typeof first === 'string' ? first : first.text;
    if (!isDone && statement.test(text)) {
      isDone = true;
      await Reflect.apply(query, client, [sql]);
    }
    return await Reflect.apply(query, this, given);
  } as never);
}

const KEYS_ARE_CAST = /^SAVEPOINT keys/;
const ROWS_ARE_READ = /WHERE EXISTS \(SELECT FROM unnest/;
const MOOD = `CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE TABLE t (id mood PRIMARY KEY, v text); INSERT INTO t VALUES ('good', 'a')`;

test.each([
  ['its key has another name', MOOD, KEYS_ARE_CAST, 'ALTER TYPE mood RENAME TO temper', 'good'],
  ['its key has another name by then', MOOD, ROWS_ARE_READ, 'ALTER TYPE mood RENAME TO temper', 'good'],
  [
    'its key is in another schema',
    MOOD,
    KEYS_ARE_CAST,
    'CREATE SCHEMA other; ALTER TYPE mood SET SCHEMA other',
    'good',
  ],
  [
    'it is in a schema that has another name',
    `CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a')`,
    ROWS_ARE_READ,
    'ALTER SCHEMA public RENAME TO other',
    '1',
  ],
])(
  'a table of which %s while it is read: the rows count neither as gone nor as unreadable',
  async (_, sql, statement, migration, objectID) => {
    const created = await database(sql);
    await using refresher = await openRefresher(created, tables, LIMIT);
    before(statement, created, migration);
    await expect(refresher.resolve(wishes(objectID))).rejects.toMatchObject({ code: 'SESSION_LOST' });
    expect(kinds(await refresher.resolve(wishes(objectID)))).toEqual([`update ${objectID}`]);
  },
);

test('rows whose key is of a domain are found where the functions of its condition cannot be called by us', async () => {
  const created = await database(`CREATE FUNCTION longest() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 5';
    CREATE FUNCTION is_slug(t text) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN length(t) <= longest(); END';
    CREATE DOMAIN slug AS varchar(9) CHECK (is_slug(VALUE)); CREATE DOMAIN name AS slug NOT NULL;
    CREATE TABLE t (id public.name PRIMARY KEY, v text); INSERT INTO t VALUES ('abcde', 'a')`);
  await using refresher = await openRefresher(created, tables, LIMIT);
  const steps = await refresher.resolve(wishes('abcde', 'abcdefghijkl'));
  expect(kinds(steps)).toEqual(['update abcde', 'delete abcdefghijkl']);
});
