import { expect, test } from 'vitest';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { pseudonymOf } from '../../support/pseudonym.ts';
import { commandFor } from '../cli/dead-letter-case.ts';
import { ACTOR, createLog, insertRows, traces } from './erasure-case.ts';

const KEY = 'the key of all pseudonyms in this test';

test('where records hold pseudonyms, the original id erases them, and rows to come stay out', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await using server = await startIndex();
  const attributes = { actor_id: { column: 'actor_id', pseudonym: 'user' }, v: 'v' };
  const tables = { 'public.t': { index: 't', objectID: ['id'], attributes } };
  const pseudonyms = { keys: [{ id: 'a', secret: KEY }] };
  await using command = await commandFor(database, server, { tables, pseudonyms });
  await using _line = startLine(lineConfig(database, server, { tables, pseudonyms }));
  await insertRows(database, 1, 30);
  await drained(database);
  const pseudonym = pseudonymOf(KEY, 'user', ACTOR);
  expect(server.record('t', '3')).toContain(pseudonym);
  await using given = command.start('erase', 'actor', pseudonym, '--yes');
  expect((await given.ended).code).toBe(64);
  const done = await command.end('erase', 'actor', ACTOR, '--yes', '--json');
  expect(done.code, done.stderr).toBe(0);
  expect(done.json).toMatchObject({ records: 10 });
  await insertRows(database, 100, 30);
  await drained(database);
  const left = ['3', '4', '102', '103'].map((id) => server.record('t', id) !== undefined);
  expect(left).toEqual([false, true, false, true]);
  const kept = JSON.stringify(await traces(database));
  expect(kept).not.toContain(ACTOR);
  expect(kept).not.toContain(pseudonym);
});
