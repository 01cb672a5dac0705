import { test } from 'vitest';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { createTables, expectedLog, expectLog, lookups, tables } from './lookup-case.ts';

const NAMES = `ARRAY['Ann', 'Zoë "Z" \\ ', E'two\\nlines', '李雷', '🦊', '', NULL, repeat('ü', 20)]`;

test.each([
  ['bigint', '(n * 7)::text', '7'],
  ['uuid', `md5(n::text)::uuid::text`, 'no uuid'],
  ['text', `'ключ ' || n`, 'ключ 1'],
])('ids of type %s are named as a join would name them, in columns and in json', async (keyType, id) => {
  await using database = await createDatabase();
  const { client } = database;
  await createTables(database, { keyType });
  await client.query(
    `INSERT INTO users SELECT (${id})::${keyType}, (${NAMES})[1 + n % 8], 'secret' FROM generate_series(1, 50) n`,
  );
  await client.query(`INSERT INTO log (actor_id, data)
    SELECT CASE n % 7 WHEN 0 THEN NULL WHEN 1 THEN 'cron' ELSE ${id} END,
           jsonb_build_object('owner', CASE n % 5 WHEN 0 THEN 'null'::jsonb WHEN 1 THEN '{}' ELSE jsonb_build_object('id', ${id}) END)
    FROM generate_series(1, 120) n`);
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables, lookups }));
  await Promise.race([line.ended, drained(database)]);
  await expectLog(database, server, expectedLog(), 120);
  await client.query(`INSERT INTO log (actor_id, data) SELECT ${id}, jsonb_build_object('owner', jsonb_build_object('id', ${id}))
    FROM generate_series(1, 60) n`);
  await client.query(`UPDATE log SET actor_id = (SELECT max(id::text) FROM users) WHERE id < 10`);
  await Promise.race([line.ended, drained(database)]);
  await expectLog(database, server, expectedLog(), 180);
  await line.stop();
});
