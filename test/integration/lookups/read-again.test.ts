import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { createTables, expectedLog, expectLog, lookups, nameSql, tables } from './lookup-case.ts';

test('a renamed row rewrites no record, until somebody asks for them', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createTables(database);
  await client.query(`INSERT INTO users VALUES (1, 'Ann'), (2, 'Bob')`);
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables, lookups }));
  await client.query(`INSERT INTO log (actor_id) SELECT (1 + n % 2)::text FROM generate_series(1, 20) n`);
  await drained(database);
  await client.query(`UPDATE users SET name = name || ' the second'`);
  await drained(database);
  await expectLog(database, server, expectedLog(`replace(${nameSql('l.actor_id')}, ' the second', '')`), 20);
  const objectIDs = Array.from({ length: 10 }, (_, at) => String(at + 1));
  const content = JSON.stringify({ refresh: { table: 'public.log', objectIDs } });
  await client.query(`SELECT pg_logical_emit_message(true, 'wal2algolia', $1)`, [content]);
  await Promise.race([line.ended, drained(database)]);
  const asked = `CASE WHEN l.id <= 10 THEN ${nameSql('l.actor_id')} ELSE replace(${nameSql('l.actor_id')}, ' the second', '') END`;
  await expectLog(database, server, expectedLog(asked), 20);
  await line.stop();
});

test('rows that are read since an update left out their large values have names', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createTables(database);
  await client.query(`ALTER TABLE log ALTER data SET STORAGE EXTERNAL;
    INSERT INTO users SELECT n, 'user ' || n FROM generate_series(1, 30) n`);
  await using server = await startIndex({ recordBytesMax: 100_000 });
  await using line = startLine(
    lineConfig(database, server, { tables, lookups, algolia: { recordBytesMax: 100_000 } }),
  );
  for (let id = 1; id <= 10; id++) {
    const data = { owner: { id }, large: randomBytes(10_000).toString('hex') };
    await client.query('INSERT INTO log (actor_id, data) VALUES ($1, $2)', [id, data]);
  }
  await client.query(`UPDATE log SET actor_id = 10 + id`);
  await drained(database);
  await client.query(`UPDATE log SET actor_id = 20 + id`);
  await Promise.race([line.ended, drained(database)]);
  await expectLog(database, server, expectedLog(), 10);
  expect(line.status().records.deadLetters).toBe(0);
  await line.stop();
});
