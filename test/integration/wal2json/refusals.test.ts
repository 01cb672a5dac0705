import { expect, test } from 'vitest';
import { PreconditionError } from '../../../src/errors.ts';
import { connect } from '../../support/postgres.ts';
import { createSlot, database, open, sql, withOptions } from './wal2json-case.ts';

async function refused(opening: Promise<unknown>, message: RegExp, remedy: RegExp): Promise<void> {
  const error: unknown = await opening.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(PreconditionError);
  expect(error).toMatchObject({
    message: expect.stringMatching(message),
    remedy: expect.stringMatching(remedy),
  });
}

test.each([
  ['that is not there', 'SELECT 1', /public\.t does not exist/, /renamed/],
  ['that is a view', 'CREATE VIEW t AS SELECT 1 AS id', /public\.t does not exist/, /tables/],
  [
    'that is partitioned',
    'CREATE TABLE t (id int PRIMARY KEY) PARTITION BY LIST (id)',
    /public\.t is partitioned/,
    /pgoutput/,
  ],
  ['that is unlogged', 'CREATE UNLOGGED TABLE t (id int PRIMARY KEY)', /unlogged/, /SET LOGGED/],
  ['without a key', 'CREATE TABLE t (id int)', /no replica identity/, /primary key/],
  [
    'with a key that can be deferred',
    'CREATE TABLE t (id int PRIMARY KEY DEFERRABLE)',
    /no replica identity/,
    /primary key/,
  ],
  [
    'with REPLICA IDENTITY NOTHING',
    'CREATE TABLE t (id int PRIMARY KEY); ALTER TABLE t REPLICA IDENTITY NOTHING',
    /no replica identity/,
    /FULL/,
  ],
])('a table %s', async (_what, statements, message, remedy) => {
  await sql(statements);
  await createSlot();
  await refused(open(), message, remedy);
});

test.each(['REPLICA IDENTITY FULL', 'REPLICA IDENTITY USING INDEX by_id'])(
  'but not one without a primary key that has %s',
  async (identity) => {
    await sql(
      `CREATE TABLE t (id int NOT NULL); CREATE UNIQUE INDEX by_id ON t (id); ALTER TABLE t ${identity}`,
    );
    await createSlot();
    await open();
  },
);

test('a slot of another plugin', async () => {
  await sql('CREATE TABLE t (id int PRIMARY KEY)');
  await createSlot(database.slot, 'pgoutput');
  await refused(open(), /uses the plugin pgoutput, not wal2json/, /setup/);
});

test('a server without the library', async () => {
  await sql('CREATE TABLE t (id int PRIMARY KEY)');
  await createSlot();
  const url = withOptions('-c dynamic_library_path=/nowhere');
  await refused(open({ url }), /wal2json/, /postgresql-NN-wal2json/);
});

test('a database that is not in UTF-8, whose text wal2json would hand on as it is', async () => {
  const name = `${database.name}_latin1`;
  await sql(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING LATIN1 LOCALE 'C'`);
  const address = new URL(database.url);
  address.pathname = `/${name}`;
  const client = await connect(address.href);
  try {
    await client.query('CREATE TABLE t (id int PRIMARY KEY)');
    await refused(open({ url: address.href }), /LATIN1/, /UTF8/);
  } finally {
    await client.end();
    await sql(`DROP DATABASE ${name} WITH (FORCE)`);
  }
});
