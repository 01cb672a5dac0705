import { Client } from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import { refreshSteps } from '../../../src/records/refresh-message.ts';
import { lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, serverMajor } from '../../support/postgres.ts';
import { ask, createSlot, settled, tables } from './refresh-case.ts';
import { openRefresher } from './refresher-case.ts';

test('half of a surrogate pair does not stand for another key', async () => {
  await using database = await createDatabase();
  const { client, publication } = database;
  await client.query(
    `CREATE TABLE t (id text PRIMARY KEY, note text); CREATE PUBLICATION "${publication}" FOR TABLE t`,
  );
  await createSlot(database);
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables }));
  await client.query(`INSERT INTO t VALUES (U&'\\FFFD', 'a')`);
  await ask(database, ['\ud800']);
  await settled(line, database);
  expect(server.record('t', '\ufffd')).toContain('"a"');
});

test.each([['text', ['x'.repeat(20_000)]]])(
  'somebody asks for a key of type %s that cannot be one: it is passed over',
  async (type, keys) => {
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
  },
);

test('thousands of keys that cannot be: those that can are read, and Postgres is not asked about each', async () => {
  await using database = await createDatabase();
  const { client, publication } = database;
  await client.query(`CREATE TABLE t (id int, part text CHECK (part <> ''), PRIMARY KEY (id, part));
    INSERT INTO t SELECT n, 'p' FROM generate_series(1, 2000) n; CREATE PUBLICATION "${publication}" FOR TABLE t`);
  const composite = { 'public.t': { index: 't', objectID: ['id', 'part'] } };
  await using refresher = await openRefresher(database, composite, 10_000);
  const asked = Array.from({ length: 2_000 }, (_, at) => ({
    table: 'public.t',
    objectID: `${at % 3 === 0 ? at + 1 : `x${at}`}:p`,
  }));
  const query = vi.spyOn(Client.prototype, 'query');
  onTestFinished(() => query.mockRestore());
  const steps = await refresher.resolve(refreshSteps(asked, composite, 10_000));
  const kinds = steps.map((step) => ('objectID' in step ? `${step.kind} ${step.objectID}` : step.kind));
  expect(kinds).toEqual(asked.map(({ objectID }, at) => `${at % 3 === 0 ? 'update' : 'delete'} ${objectID}`));
  // Before version 16 nothing tells but trying, half by half.
  if (serverMajor() >= 16) expect(query.mock.calls.length).toBeLessThan(30);
});
