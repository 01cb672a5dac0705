import pg from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import { RowReader } from '../../../src/database/rows/row-reader.ts';
import { loadTypeCatalog } from '../../../src/database/type-catalog.ts';
import { textLimits } from '../../../src/refresh/text-limits.ts';
import { createDatabase, serverMajor } from '../../support/postgres.ts';

test('the server itself ends a read that nobody waits for any more', async () => {
  await using database = await createDatabase();
  const reader = new RowReader(database.url, serverMajor() * 10_000);
  onTestFinished(() => reader.close());
  const query = vi.spyOn(pg.Client.prototype, 'query');
  onTestFinished(() => query.mockRestore());
  await reader.visibility();
  const client = query.mock.contexts.at(-1) as pg.Client;
  const { rows } = await client.query<{ name: string }>(
    `SELECT name FROM pg_settings WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout')
     AND setting::int > 0 ORDER BY name`,
  );
  expect(rows.map(({ name }) => name)).toEqual(['idle_in_transaction_session_timeout', 'statement_timeout']);
});

/** Each with the SQL of a value of 5 MB, or what becomes of it, and how much of its text may come. */
const large: readonly (readonly [type: string, sql: string, charactersMax: number])[] = [
  ['text', `repeat('é', 5000000)`, 1_001],
  ['varchar', `repeat('x', 5000000)`, 1_001],
  ['note', `repeat('x', 5000000)`, 1_001],
  ['bytea', `decode(repeat('ab', 5000000), 'hex')`, 2_260],
  ['picture', `decode(repeat('ab', 5000000), 'hex')`, 2_260],
  ['jsonb', `to_jsonb(repeat('x', 5000000))`, 1_001],
  ['json', `to_json(repeat('x', 5000000))`, 1_001],
  ['xml', `xmlcomment(repeat('x', 5000000))`, 1_001],
  ['bytea[]', `ARRAY[decode(repeat('ab', 5000000), 'hex')]`, 4_257],
  ['text[]', `array_fill('x'::text, ARRAY[1000000])`, 2_257],
  ['pair', `ROW(1, repeat('x', 5000000))::pair`, 1_001],
];

test('of a value that no record has room for, no more than its beginning comes, whatever its type', async () => {
  await using database = await createDatabase();
  const { client, publication, url } = database;
  await client.query(`CREATE DOMAIN note AS text; CREATE DOMAIN scan AS bytea; CREATE DOMAIN picture AS scan;
    CREATE TYPE pair AS (a int, b text)`);
  const columns = large.map(([type], index) => `c${index} ${type}`).join(', ');
  await client.query(`CREATE TABLE t (id int PRIMARY KEY, ${columns}, half pair, hollow pair, blank char(3), flags bool[]);
    CREATE PUBLICATION "${publication}" FOR TABLE t`);
  await client.query(
    `INSERT INTO t SELECT 1, ${large.map(([, sql]) => sql).join(', ')}, ROW(1, NULL)::pair, ROW(NULL, NULL)::pair, 'a', '{t,f}'`,
  );
  await client.query('INSERT INTO t VALUES (2)');
  const types = await loadTypeCatalog(client);
  const reader = new RowReader(url, serverMajor() * 10_000);
  onTestFinished(() => reader.close());
  const { rows: oids } = await client.query(`SELECT 't'::regclass::oid::int8::float8 AS oid`);
  const found = await reader.read({
    relationOid: oids[0].oid,
    publications: [publication],
    keyColumns: ['id'],
    keys: [['1'], ['2']],
    columns: undefined,
    limits: (shape) => textLimits(shape, { index: 't', objectID: ['id'] }, types, 1_000),
  });
  const [full, empty] = [...(found === undefined || found === 'overflowing' ? [] : found.rows)].sort();
  await client.query(`SET bytea_output = 'hex'`);
  for (const [index, [type, , charactersMax]] of large.entries()) {
    const { rows } = await client.query(
      `SELECT left(format('%s', c${index}), $1) AS start FROM t WHERE id = 1`,
      [charactersMax],
    );
    expect(full?.[index + 1], type).toBe(rows[0].start);
  }
  expect(full?.slice(large.length + 1)).toEqual(['(1,)', '(,)', 'a  ', '{t,f}']);
  expect(empty).toEqual(['2', ...large.map(() => null), null, null, null, null]);
});
