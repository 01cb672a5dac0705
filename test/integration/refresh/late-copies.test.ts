import { expect, onTestFinished, test } from 'vitest';
import { Unsettled } from '../../../src/algolia/unsettled.ts';
import type { AlgoliaServer } from '../../../src/local/algolia/server.ts';
import { createDeadLetterTable } from '../../support/dead-letter-table.ts';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { TestedUnsettled } from './refresh-case.ts';

const tables = { 'public.t': { index: 't' } };
const expected = `SELECT id::text AS object_id,
    to_jsonb(t) || jsonb_build_object('objectID', id::text, 'source_table', 'public.t') AS record FROM t`;
const UPDATE = `UPDATE t SET note = 'second' WHERE id = 1`;

async function create({ client, publication, slot }: TestDatabase): Promise<void> {
  await client.query('CREATE TABLE t (id int PRIMARY KEY, note text)');
  await client.query(`CREATE PUBLICATION "${publication}" FOR TABLE t`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
}

const noteOf = (server: AlgoliaServer): string | undefined =>
  JSON.parse(server.record('t', '1') ?? '{}').note;

/** A batch whose answer is lost and which is sent again, then the statement; and then the first copy takes effect once more. */
async function setBack({ client }: TestDatabase, server: AlgoliaServer, statement: string): Promise<void> {
  server.faults.add({ kind: 'reset', when: 'after', path: '/batch' });
  await client.query(`INSERT INTO t VALUES (1, 'first')`);
  await waitFor(() => server.journal().applied.length === 2, { description: 'both copies' });
  await client.query(statement);
  await waitFor(() => noteOf(server) !== 'first', { description: 'the newer version' });
  const record = '{"objectID":"1","id":1,"note":"first","source_table":"public.t"}';
  await fetch(`${server.url}/1/indexes/t/batch`, {
    method: 'POST',
    headers: { 'x-algolia-application-id': server.appId, 'x-algolia-api-key': server.adminKey },
    body: `{"requests":[{"action":"updateObject","body":${record}}]}`,
  });
  await waitFor(() => noteOf(server) === 'first', { description: 'the late copy' });
}

async function isConfirmed({ client, slot }: TestDatabase, lsn: string): Promise<boolean> {
  const { rows } = await client.query<{ confirmed: boolean }>(
    'SELECT confirmed_flush_lsn >= $2 AS confirmed FROM pg_replication_slots WHERE slot_name = $1',
    [slot, lsn],
  );
  return rows[0]?.confirmed === true;
}

async function walEnd({ client }: TestDatabase): Promise<string> {
  const { rows } = await client.query<{ lsn: string }>('SELECT pg_current_wal_flush_lsn()::text AS lsn');
  return rows[0]?.lsn ?? '';
}

test.each([
  ['an update', UPDATE],
  ['a delete', 'DELETE FROM t WHERE id = 1'],
  ['a truncate', 'TRUNCATE t'],
])(
  '%s that a late copy of an older request sets back is written again, and confirmed only then',
  async (_, statement) => {
    await using database = await createDatabase();
    await create(database);
    await using server = await startIndex();
    const unsettled = new TestedUnsettled(3_600_000);
    await using line = startLine(lineConfig(database, server, { tables }), { unsettled });
    await setBack(database, server, statement);
    const end = await walEnd(database);
    // It is read on, and written, and still not confirmed.
    await database.client.query(`INSERT INTO t VALUES (4, 'later')`);
    await waitFor(() => server.record('t', '4') !== undefined, { description: 'a later row' });
    expect(await isConfirmed(database, end)).toBe(false);
    expect(line.status()).toMatchObject({
      state: 'streaming',
      error: { message: expect.stringContaining('confirmations wait') },
    });
    unsettled.timeIsUp = true;
    await drained(database);
    expect(line.status().error).toBeUndefined();
    expectEqual(await compareIndex(database.client, server, 't', expected));
    await line.stop();
  },
);

test('the lost request itself, when it takes effect behind its copy and a newer version, is written over', async () => {
  await using database = await createDatabase();
  await create(database);
  await using server = await startIndex();
  const unsettled = new TestedUnsettled(3_600_000);
  await using line = startLine(lineConfig(database, server, { tables }), { unsettled });
  server.faults.add({ kind: 'late', applyAfter: { tasks: 2 }, answer: 'reset', path: '/batch' });
  await database.client.query(`INSERT INTO t VALUES (1, 'first')`);
  await waitFor(() => noteOf(server) === 'first', { description: 'the copy' });
  await database.client.query(UPDATE);
  await waitFor(() => server.journal().applied.length === 3, { description: 'the lost request' });
  expect(noteOf(server)).toBe('first');
  unsettled.timeIsUp = true;
  await drained(database);
  expectEqual(await compareIndex(database.client, server, 't', expected));
  await line.stop();
});

test('the session ends meanwhile: the next one knows of the late copy', async () => {
  await using database = await createDatabase();
  await create(database);
  await using server = await startIndex();
  const unsettled = new TestedUnsettled(3_600_000);
  await using line = startLine(
    lineConfig(database, server, { tables, algolia: { confirmAfter: 'accepted' } }),
    {
      unsettled,
    },
  );
  await setBack(database, server, UPDATE);
  await database.client.query(
    'SELECT pg_terminate_backend(active_pid, 60000) FROM pg_replication_slots WHERE slot_name = $1',
    [database.slot],
  );
  unsettled.timeIsUp = true;
  await drained(database);
  expectEqual(await compareIndex(database.client, server, 't', expected));
  await line.stop();
});

test('without remembering them the older version stays', async () => {
  const { add } = Unsettled.prototype;
  Unsettled.prototype.add = () => undefined;
  onTestFinished(() => {
    Unsettled.prototype.add = add;
  });
  await using database = await createDatabase();
  await create(database);
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables }));
  await setBack(database, server, UPDATE);
  await drained(database);
  expect(noteOf(server)).toBe('first');
  await line.stop();
});

test('records that nothing changed again hold up nothing, and a drain does not wait for those that were', async () => {
  await using database = await createDatabase();
  await create(database);
  await using server = await startIndex();
  const unsettled = new Unsettled(3_600_000);
  await using line = startLine(lineConfig(database, server, { tables }), { unsettled });
  server.faults.add({ kind: 'reset', when: 'after', path: '/batch' });
  await database.client.query(`INSERT INTO t VALUES (1, 'a')`);
  await drained(database);
  await database.client.query(`INSERT INTO t VALUES (2, 'b')`);
  await drained(database);
  await database.client.query(UPDATE);
  await waitFor(() => noteOf(server) === 'second', { description: 'the update' });
  const beyond = await walEnd(database);
  await line.stop();
  expect(await isConfirmed(database, beyond)).toBe(false);
});

test('a record whose row has become too large by the time that it is read again is set aside, and holds nothing up', async () => {
  await using database = await createDatabase();
  await create(database);
  await createDeadLetterTable(database);
  await using server = await startIndex();
  const unsettled = new TestedUnsettled(3_600_000);
  await using line = startLine(lineConfig(database, server, { tables }), { unsettled });
  await setBack(database, server, UPDATE);
  await database.client.query(`UPDATE t SET note = repeat('x', 20000) WHERE id = 1`);
  await waitFor(() => line.status().records.deadLetters === 1, { description: 'the dead letter' });
  unsettled.timeIsUp = true;
  await drained(database);
  await line.stop();
});
