import { expect, onTestFinished, test } from 'vitest';
import { askInWal } from '../../../src/database/refresh-asking.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { connect, createDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { createSlot } from './refresh-case.ts';

test('in a database of another encoding those rows are read again that are meant, and no other is taken for gone', async () => {
  const database = await createDatabase();
  onTestFinished(() => database[Symbol.asyncDispose]());
  const name = `${database.name}_latin1`;
  await database.client.query(
    `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'`,
  );
  onTestFinished(async () => void (await database.client.query(`DROP DATABASE ${name} WITH (FORCE)`)));
  const url = new URL(database.url);
  url.pathname = `/${name}`;
  const client = await connect(url.href);
  onTestFinished(() => client.end());
  const slot = `${database.slot}_latin1`;
  const latin1 = { ...database, client, slot, url: url.href };
  await client.query(`CREATE TABLE "tür" (id text PRIMARY KEY, v text); INSERT INTO "tür" VALUES ('é', 'ä');
    CREATE PUBLICATION "${database.publication}" FOR TABLE "tür"`);
  await createSlot(latin1);
  await using server = await startIndex();
  const logs: string[] = [];
  const config = lineConfig(latin1, server, { tables: { 'public.tür': { index: 't', objectID: ['id'] } } });
  await using line = startLine(config, { onLog: (log) => logs.push(log) });
  const refresh = (table: string) => JSON.stringify({ refresh: { table, objectIDs: ['é'] } });
  await askInWal(client, [refresh('public.tür')]);
  await drained(latin1);
  expect(JSON.parse(server.record('t', 'é') ?? '{}')).toMatchObject({ id: 'é', v: 'ä' });
  // As somebody would write it by hand; and of a table that cannot be called so here.
  await client.query(`SELECT pg_logical_emit_message(true, 'wal2algolia', $1)`, [refresh('public.tür')]);
  await askInWal(client, [refresh('public.🦊')]);
  await drained(latin1);
  const ignored = (): readonly unknown[] =>
    logs.filter((log) => log.includes('is ignored')).map((log) => JSON.parse(log).reason);
  await waitFor(() => ignored().length === 2, { description: 'the requests to be ignored' });
  expect(ignored()).toEqual([expect.stringContaining('it is not JSON'), 'its table is not configured']);
  expect(server.record('t', 'é')).toBeDefined();
  await line.stop();
});
