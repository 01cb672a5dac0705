import { test } from 'vitest';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { expectLog, lookups, tables } from '../lookups/lookup-case.ts';
import { createSlot, database, sql } from './wal2json-case.ts';

test.each([
  [true, ['Ann', 'Bea', null, 'Cy']],
  [false, ['Ann', 'Ann', 'Ann', 'Ann']],
])('names are looked up, and read anew where their table is followed: %s', async (follow, names) => {
  await sql(`CREATE TABLE users (id bigint PRIMARY KEY, name text);
    CREATE TABLE log (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, actor_id text, data jsonb)`);
  await createSlot();
  await using server = await startIndex();
  await using line = startLine(
    lineConfig(database, server, {
      replication: { slot: database.slot, plugin: 'wal2json' },
      tables,
      lookups: { users: { ...lookups.users, follow } },
    }),
  );
  for (const [at, change] of [
    `INSERT INTO users VALUES (1, 'Ann')`,
    `UPDATE users SET name = 'Bea' WHERE id = 1`,
    'DELETE FROM users',
    `INSERT INTO users VALUES (1, 'Cy')`,
  ].entries()) {
    const is = JSON.stringify({ is: names[at], owner: { id: 1 } });
    await sql(
      `BEGIN; ${change}; INSERT INTO log (actor_id, data) VALUES ('1', '${is}'), ('none', '${is}'); COMMIT`,
    );
    await Promise.race([line.ended, drained(database)]);
  }
  await expectLog(
    database,
    server,
    `SELECT l.id::text AS object_id, to_jsonb(l) || jsonb_build_object('objectID', l.id::text, 'source_table', 'public.log',
       'actor', CASE l.actor_id WHEN '1' THEN l.data -> 'is' END, 'owner', l.data -> 'is') AS record FROM log l`,
    8,
  );
  await line.stop();
});
