import { expect, test } from 'vitest';
import { createDeadLetterTable } from '../../support/dead-letter-table.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';

test('while nobody says what is published, the log and the status tell, and it is asked until somebody does', async () => {
  await using database = await createDatabase();
  const { client, publication, slot } = database;
  await createDeadLetterTable(database);
  await client.query('CREATE TABLE t (id int PRIMARY KEY)');
  await client.query(`CREATE PUBLICATION "${publication}" FOR TABLE t`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
  await using server = await startIndex();
  const lines: string[] = [];
  const tables = { 'public.t': { index: 't' } };
  server.faults.add({ kind: 'refuse', status: 503, path: '/task/', method: 'GET', times: 1_000 });
  await using line = startLine(lineConfig(database, server, { tables }), {
    onLog: (text) => lines.push(text),
  });
  await client.query('INSERT INTO t VALUES (1)');
  await waitFor(() => line.status().error !== undefined, { description: 'a word about it' });
  expect(line.status()).toMatchObject({
    state: 'streaming',
    error: { code: 'UNAVAILABLE', message: 'asking about a task of index t: Algolia answered 503' },
  });
  expect(lines.join('')).toContain('the index will be asked again what is published');
  server.faults.clear();
  await drained(database);
  await waitFor(() => line.status().error === undefined, { description: 'the end of it' });
  await line.stop();
});
