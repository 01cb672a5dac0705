import { expect, test } from 'vitest';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { TestedUnsettled } from './refresh-case.ts';

test('what a TRUNCATE took away and a late copy brings back goes again, although deletes are not followed', async () => {
  await using database = await createDatabase();
  const { client, publication, slot } = database;
  await client.query('CREATE TABLE t (id int PRIMARY KEY, note text)');
  await client.query(`CREATE PUBLICATION "${publication}" FOR TABLE t WITH (publish = 'insert, truncate')`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
  await using server = await startIndex();
  const unsettled = new TestedUnsettled(3_600_000);
  const tables = { 'public.t': { index: 't' } };
  await using line = startLine(lineConfig(database, server, { tables }), { unsettled });
  server.faults.add({ kind: 'reset', when: 'after', path: '/batch' });
  await client.query(`INSERT INTO t VALUES (1, 'first')`);
  await waitFor(() => server.journal().applied.length === 2, { description: 'both copies' });
  await client.query('TRUNCATE t');
  await waitFor(() => server.record('t', '1') === undefined, { description: 'the record to go' });
  const record = '{"objectID":"1","id":1,"note":"first","source_table":"public.t"}';
  await fetch(`${server.url}/1/indexes/t/batch`, {
    method: 'POST',
    headers: { 'x-algolia-application-id': server.appId, 'x-algolia-api-key': server.adminKey },
    body: `{"requests":[{"action":"updateObject","body":${record}}]}`,
  });
  await waitFor(() => server.record('t', '1'), { description: 'the late copy' });
  unsettled.timeIsUp = true;
  await drained(database);
  expect(server.record('t', '1')).toBeUndefined();
  await line.stop();
});
