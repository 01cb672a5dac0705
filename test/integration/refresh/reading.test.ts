import { expect, test } from 'vitest';
import { keysQuery } from '../../../src/database/rows/key-query.ts';
import { readShape } from '../../../src/database/rows/table-shape.ts';
import { lineConfig, startIndex, startLine } from '../../support/line.ts';
import { connect, createDatabase, serverMajor } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { ask, createSlot, large, settled, tables } from './refresh-case.ts';

test('a publication that sends other actions only does not lift the filter of one that sends rows', async ({
  skip,
}) => {
  skip(serverMajor() < 15, 'needs row filters, which came with Postgres 15');
  await using database = await createDatabase();
  const { client, publication } = database;
  await client.query(`CREATE TABLE t (id int PRIMARY KEY, note text); INSERT INTO t VALUES (1, 'open'), (2, 'closed');
    CREATE PUBLICATION "${publication}" FOR TABLE t WHERE (id <> 2) WITH (publish = 'insert, update');
    CREATE PUBLICATION "${publication}_d" FOR TABLE t WITH (publish = 'delete, truncate')`);
  await createSlot(database);
  await using server = await startIndex();
  await using line = startLine({
    ...lineConfig(database, server, { tables }),
    replication: { slot: database.slot, publication: [publication, `${publication}_d`] },
  });
  await client.query(`INSERT INTO t VALUES (3, 'streamed'); UPDATE t SET note = 'closed too' WHERE id = 2`);
  await ask(database, ['1', '2']);
  await settled(line, database);
  expect(server.record('t', '1')).toContain('open');
  expect(server.record('t', '3')).toContain('streamed');
  expect(server.record('t', '2')).toBeUndefined();
});

test('rows of tables that inherit from it are not its own', async () => {
  await using database = await createDatabase();
  const { client, publication } = database;
  await client.query(`CREATE TABLE t (id int PRIMARY KEY, note text); CREATE TABLE private () INHERITS (t);
    INSERT INTO private VALUES (7, 'secret'); INSERT INTO t VALUES (1, 'a'); INSERT INTO private VALUES (1, 'secret');
    CREATE PUBLICATION "${publication}" FOR TABLE ONLY t`);
  await createSlot(database);
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables }));
  await ask(database, ['1', '7']);
  await settled(line, database);
  expect(server.record('t', '7')).toBeUndefined();
  expect(server.record('t', '1')).toContain('"a"');
});

test('a column that the mapping leaves out is not read, and needs no right', async () => {
  await using database = await createDatabase();
  const { client, publication, name } = database;
  const role = `${name}_run`;
  await client.query(`CREATE TABLE t (id int PRIMARY KEY, note text, secret text); INSERT INTO t VALUES (1, 'a', 's');
    CREATE PUBLICATION "${publication}" FOR TABLE t;
    CREATE ROLE ${role} LOGIN REPLICATION PASSWORD 'p'; GRANT SELECT (id, note) ON t TO ${role}`);
  try {
    await createSlot(database);
    await using server = await startIndex();
    const url = new URL(database.url);
    url.username = role;
    url.password = 'p';
    await using line = startLine({
      ...lineConfig(database, server, {
        tables: { 'public.t': { index: 't', attributes: { note: 'note' } } },
      }),
      postgres: { url: url.href },
    });
    await ask(database, ['1']);
    await settled(line, database);
    expect(server.record('t', '1')).toContain('"a"');
    await line.stop();
  } finally {
    await client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  }
});

test.each([
  ['ltree', 'a.b'],
  ['citext', 'Ab'],
  ['regclass', 'pg_class'],
  ['name', 'x'],
  ['numeric', '1.00'],
  ['char(5)', 'ab   '],
  ['int[]', '{1,2}'],
  ['bytea', '\\x00ff'],
  ['timestamptz', '2024-01-01 00:00:00.1+00'],
  ['float8', '0.1'],
])('a key of type %s is found again', async (type, key) => {
  await using database = await createDatabase();
  const { client, publication } = database;
  if (type.endsWith('tree') || type === 'citext') await client.query(`CREATE EXTENSION ${type}`);
  await client.query(`CREATE TABLE t (id ${type} PRIMARY KEY, note text, body text);
    ALTER TABLE t ALTER COLUMN body SET STORAGE EXTERNAL; CREATE PUBLICATION "${publication}" FOR TABLE t`);
  await createSlot(database);
  await using server = await startIndex({ recordBytesMax: 100_000 });
  await using line = startLine(
    lineConfig(database, server, { tables, algolia: { recordBytesMax: 100_000 } }),
  );
  await client.query('INSERT INTO t VALUES ($1, $2, $3)', [key, 'first', large()]);
  await client.query(`UPDATE t SET note = 'second'`);
  await settled(line, database);
  expect(server.record('t', key)).toContain('second');
});

test('a table that is being renamed while it is to be read stops nothing', async () => {
  await using database = await createDatabase();
  const { client, publication } = database;
  await client.query(
    `CREATE TABLE t (id int PRIMARY KEY, note text); INSERT INTO t VALUES (1, 'a'); CREATE PUBLICATION "${publication}" FOR TABLE t`,
  );
  await createSlot(database);
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables }));
  await waitFor(() => line.status().state === 'streaming', { description: 'streaming' });
  const other = await connect(database.url);
  try {
    await other.query('BEGIN; ALTER TABLE t RENAME TO renamed');
    await ask(database, ['1']);
    await waitFor(
      async () =>
        (
          await client.query(
            `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
          )
        ).rows.length > 0,
      { description: 'the refresh to wait' },
    );
    await other.query('COMMIT');
    await settled(line, database);
    expect(server.record('t', '1')).toContain('"a"');
  } finally {
    await other.end();
  }
});

test.each([
  ['ltree', ['a b']],
  ['regclass', ['alice']],
])('somebody asks for a key of type %s that cannot be one: it is passed over', async (type, keys) => {
  await using database = await createDatabase();
  const { client, publication } = database;
  if (type === 'ltree') await client.query(`CREATE EXTENSION ltree`);
  await client.query(
    `CREATE TABLE t (id ${type} PRIMARY KEY, note text); CREATE PUBLICATION "${publication}" FOR TABLE t`,
  );
  if (type === 'text') await client.query('INSERT INTO t VALUES ($1)', keys);
  await createSlot(database);
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables }));
  await ask(database, keys);
  await settled(line, database);
});

test('a change whose key the type that its column has now cannot have stops nothing', async () => {
  await using database = await createDatabase();
  const { client, publication } = database;
  await client.query(`CREATE TABLE t (id text PRIMARY KEY, note text, body text);
    ALTER TABLE t ALTER COLUMN body SET STORAGE EXTERNAL; CREATE PUBLICATION "${publication}" FOR TABLE t`);
  await createSlot(database);
  await client.query('INSERT INTO t VALUES ($1, $2, $3)', ['alice', 'first', large()]);
  await client.query(`UPDATE t SET note = 'second'`);
  await client.query(`DELETE FROM t; ALTER TABLE t ALTER COLUMN id TYPE int USING id::int`);
  await using server = await startIndex({ recordBytesMax: 100_000 });
  await using line = startLine(
    lineConfig(database, server, { tables, batch: { recordsMax: 1 }, algolia: { recordBytesMax: 100_000 } }),
  );
  await settled(line, database);
});

test.each([['int'], ['citext'], ['text'], ['numeric'], ['ltree'], ['varchar(40)'], ['uuid_like']])(
  'rows are found by the index of a key of type %s',
  async (type) => {
    await using database = await createDatabase();
    const { client, publication } = database;
    await client.query(`CREATE EXTENSION citext; CREATE EXTENSION ltree; CREATE DOMAIN uuid_like AS ltree;
    CREATE TABLE t (id ${type}, b int, note text, PRIMARY KEY (id, b)); INSERT INTO t SELECT n::text::${type}, n, 'x' FROM generate_series(1, 50000) n;
    CREATE PUBLICATION "${publication}" FOR TABLE t; ANALYZE t`);
    const oid = (await client.query(`SELECT 't'::regclass::oid::int8::float8 AS oid`)).rows[0].oid;
    await client.query(`SET enable_seqscan = off; SET search_path = ''`);
    const shape = await readShape(client, serverMajor() * 10_000, oid, [publication], undefined);
    for (const keyColumns of [['id'], ['id', 'b']]) {
      const query = keysQuery(shape as never, {
        keyColumns,
        keys: [
          ['5', '5'],
          ['6', '6'],
        ].map((k) => k.slice(0, keyColumns.length)),
      });
      const { rows } = await client.query({ ...query, text: `EXPLAIN ${query.text}` });
      expect(rows.flat().join('\n')).toMatch(/Index (Only )?Scan|Bitmap Index/);
      expect(rows.flat().join('\n')).not.toMatch(/Seq Scan/);
      expect((await client.query(query)).rows).toHaveLength(2);
    }
  },
);
