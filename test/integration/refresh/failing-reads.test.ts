import { Client } from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import { IgnoredRequests } from '../../../src/database/ignored-requests.ts';
import { refreshSteps } from '../../../src/records/refresh-message.ts';
import { connect, createDatabase, serverMajor } from '../../support/postgres.ts';
import { kinds, LIMIT, openRefresher, tables, wishes } from './refresher-case.ts';

async function scene(sql: string, published = 'FOR TABLE t') {
  const database = await createDatabase();
  onTestFinished(() => database[Symbol.asyncDispose]());
  const { client, publication, slot, url } = database;
  await client.query(`${sql}; CREATE PUBLICATION "${publication}" ${published}`);
  const refresher = await openRefresher(database, tables, LIMIT);
  onTestFinished(() => refresher.close());
  const listening = await connect(url);
  onTestFinished(() => listening.end());
  const ignored = await IgnoredRequests.listen(listening, slot);
  return { database, slot, refresher, listening, told: () => heard(ignored) };
}

const heard = (ignored: IgnoredRequests, table = 'public.t'): Promise<string> =>
  ignored.check(table).then(
    () => 'nothing',
    (error: Error) => error.message,
  );

/** Reading rows by these keys fails with this SQLSTATE, as of the server: by a statement in the place of ours. */
function failing(sqlState: string, isFor: (keys: readonly string[]) => boolean): () => void {
  const query = Client.prototype.query;
  const spy = vi.spyOn(Client.prototype, 'query');
  onTestFinished(() => spy.mockRestore());
  spy.mockImplementation(function (this: Client, ...given: unknown[]) {
    const [first] = given as [string | { readonly text: string; readonly values?: readonly string[][] }];
    const isRead = typeof first !== 'string' && first.text.includes('WHERE EXISTS (SELECT FROM unnest');
    if (!isRead || !isFor(first.values?.[0] ?? [])) return Reflect.apply(query, this, given);
    return Reflect.apply(query, this, [
      `DO $$ BEGIN RAISE EXCEPTION 'as it happens' USING ERRCODE = '${sqlState}'; END $$`,
    ]);
  } as never);
  return () => spy.mockRestore();
}

const T = `CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t SELECT i, i FROM generate_series(1, 4) i`;
const AGAIN = ['SESSION_LOST'];
const ALONE = ['update 1', 'update 2', 'unfit 3', 'update 4'];
const IGNORED = ['unchanged 1', 'unchanged 2', 'unchanged 3', 'unchanged 4'];

const OUTCOMES: readonly (readonly [sqlState: string, outcome: readonly string[]])[] = [
  // Lost, and tried again by the next session.
  ['08006', AGAIN],
  ['40001', AGAIN],
  ['40P01', AGAIN],
  ['53100', AGAIN],
  ['53200', AGAIN],
  ['55P03', AGAIN],
  ['57014', AGAIN],
  ['57P01', AGAIN],
  ['58030', AGAIN],
  ['25P03', AGAIN],
  ['25P04', AGAIN],
  ['55006', ['SLOT_IN_USE']],
  // At a row.
  ['22012', ALONE],
  ['22P02', ALONE],
  ['23514', ALONE],
  ['P0001', ALONE],
  ['54000', ALONE],
  ['54001', ALONE],
  ['XX000', ALONE],
  ['XX001', ALONE],
  ['XX002', ALONE],
  // Whatever the row.
  ['42501', IGNORED],
  ['42P01', IGNORED],
  ['42703', IGNORED],
  ['42704', IGNORED],
  ['42804', IGNORED],
  ['42883', IGNORED],
  // Of one row, but not by it.
  ['0A000', ['update 1', 'update 2', 'unchanged 3', 'update 4']],
  ['25006', ['update 1', 'update 2', 'unchanged 3', 'update 4']],
  ['55000', ['update 1', 'update 2', 'unchanged 3', 'update 4']],
];

test('what an error says decides: the next session tries again, one row is set aside, or whoever asked is told', async () => {
  const { refresher, listening, slot } = await scene(T);
  for (const [sqlState, outcome] of OUTCOMES) {
    const ignored = await IgnoredRequests.listen(listening, slot);
    const restore = failing(sqlState, (keys) => keys.includes('3'));
    const steps = await refresher.resolve(wishes('1', '2', '3', '4')).then(kinds, ({ code }) => [code]);
    restore();
    expect(steps, sqlState).toEqual(outcome);
    const isTold = steps.includes('unchanged 3');
    expect(await heard(ignored), sqlState).toMatch(
      isTold ? /did not read all rows that it was asked for/ : /^nothing$/,
    );
    expect(await heard(ignored, 'public.u'), sqlState).toBe('nothing');
    ignored.close();
  }
});

test('a change whose row cannot be read is followed in no case', async () => {
  const { refresher } = await scene(T);
  const changes = wishes('3').map((wish) => ({ ...wish, isChange: true }));
  for (const sqlState of ['22012', '42501', '42883', 'XX001']) {
    const restore = failing(sqlState, () => true);
    await expect(refresher.resolve(changes)).rejects.toThrow();
    restore();
  }
});

test('one row at which the filter of the publication fails is set aside, and no other with it', async ({
  skip,
}) => {
  skip(serverMajor() < 15, 'needs row filters, which came with Postgres 15');
  const { refresher, told } = await scene(
    T.replace('SELECT i, i', 'SELECT i, i - 3'),
    'FOR TABLE t WHERE (100 / n < 1000)',
  );
  const steps = await refresher.resolve(wishes('1', '2', '3', '4', '5'));
  expect(kinds(steps)).toEqual(['update 1', 'update 2', 'unfit 3', 'update 4', 'delete 5']);
  expect(steps[2]).toMatchObject({
    table: 'public.t',
    index: 't',
    problem: 'unreadable-value',
    message: 'the row cannot be read: Postgres fails with SQLSTATE 22012',
  });
  expect(await told()).toBe('nothing');
});

test.each([
  ['regclass', 'pg_class', ['nowhere.t', 'nowhere.else.t', 'x']],
  ['regprocedure', 'pg_catalog.length(text)', ['nowhere.f(int)', 'f(']],
])('keys that no value of type %s can have keep no other from being read', async (type, key, others) => {
  const text = type === 'regprocedure' ? 'length(text)' : key;
  const { refresher, told } = await scene(
    `CREATE TABLE t (id ${type} PRIMARY KEY); INSERT INTO t VALUES ('${key}')`,
  );
  const steps = await refresher.resolve(wishes(...others, text));
  expect(kinds(steps)).toEqual([...others.map((other) => `delete ${other}`), `update ${text}`]);
  expect(await told()).toBe('nothing');
});

test('what a sweep finds in an index is removed, also where it can be no key of the table', async () => {
  const { database } = await scene(
    'CREATE TABLE t (a int, b int, PRIMARY KEY (a, b)); INSERT INTO t VALUES (1, 2)',
  );
  const composite = { 'public.t': { index: 't', objectID: ['a', 'b'] } };
  await using refresher = await openRefresher(database, composite, LIMIT);
  const found = ['no key', '1:2', '3:4'].map((objectID) => ({
    table: 'public.t',
    objectID,
    isRemoval: true,
  }));
  const steps = await refresher.resolve(refreshSteps(found, composite, LIMIT));
  expect(kinds(steps)).toEqual(['delete no key', 'update 1:2', 'delete 3:4']);
});
