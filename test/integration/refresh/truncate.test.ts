import { test } from 'vitest';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';

const alone: ConfigInput['tables'] = { 'public.a': { index: 'a' }, 'public.b': { index: 'b' } };
const together: ConfigInput['tables'] = {
  'public.a': { index: 'ab', objectIDPrefix: 'a:' },
  'public.b': { index: 'ab', objectIDPrefix: 'b:' },
};

const recordsOf = (table: string, prefix: string) => `
  SELECT '${prefix}' || id AS object_id, to_jsonb(t) ||
    jsonb_build_object('objectID', '${prefix}' || id, 'source_table', 'public.${table}') AS record FROM ${table} t`;

async function create({ client, publication, slot }: TestDatabase): Promise<void> {
  await client.query('CREATE TABLE a (id int PRIMARY KEY, note text); CREATE TABLE b (LIKE a INCLUDING ALL)');
  await client.query(`CREATE PUBLICATION "${publication}" FOR TABLE a, b`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
}

const fill = (table: string, from: number, to: number) =>
  `INSERT INTO ${table} SELECT n, md5(n::text) FROM generate_series(${from}, ${to}) n;`;

const cases: Readonly<Record<string, readonly string[]>> = {
  'of one table': [fill('a', 1, 2500), fill('b', 1, 10), 'TRUNCATE a'],
  'of both in one statement': [fill('a', 1, 10), fill('b', 1, 1200), 'TRUNCATE a, b', fill('b', 5, 6)],
  'in a transaction with rows before and behind it': [
    fill('a', 1, 10),
    fill('b', 1, 10),
    `BEGIN; ${fill('a', 11, 20)} DELETE FROM a WHERE id = 3; TRUNCATE a; ${fill('a', 5, 8)} UPDATE a SET note = 'n' WHERE id = 6; COMMIT`,
  ],
  'twice, and once rolled back': [
    fill('a', 1, 10),
    'TRUNCATE a',
    fill('a', 3, 5),
    'TRUNCATE a',
    fill('a', 4, 6),
    'BEGIN; TRUNCATE a, b; ROLLBACK',
    fill('b', 1, 1),
  ],
  'of an empty table': ['TRUNCATE b', fill('a', 1, 3)],
};

for (const [place, tables] of Object.entries({ 'an index each': alone, 'one index': together })) {
  test.each(Object.entries(cases))(`two tables with ${place}: TRUNCATE %s`, async (_, statements) => {
    for (const stepwise of [true, false]) {
      await using database = await createDatabase();
      await create(database);
      // Slow tasks: what was written before is not to be seen yet when it is removed.
      await using server = await startIndex({ taskDelayMs: 30 });
      const config = lineConfig(database, server, { tables, batch: { recordsMax: stepwise ? 700 : 5_000 } });
      const { client } = database;
      if (!stepwise) for (const statement of statements) await client.query(statement);
      await using line = startLine(config);
      if (stepwise) for (const statement of statements) await client.query(statement);
      await drained(database);
      await line.stop();
      const expected = {
        a: recordsOf('a', tables === alone ? '' : 'a:'),
        b: recordsOf('b', tables === alone ? '' : 'b:'),
      };
      if (tables === alone) {
        expectEqual(await compareIndex(client, server, 'a', expected.a), 0);
        expectEqual(await compareIndex(client, server, 'b', expected.b), 0);
      } else {
        expectEqual(await compareIndex(client, server, 'ab', `${expected.a} UNION ALL ${expected.b}`), 0);
      }
    }
  });
}

test('what a session that is gone has written, and is not published yet, does not come back behind it', async () => {
  await using database = await createDatabase();
  await create(database);
  const { client } = database;
  await using server = await startIndex({ taskDelayMs: 600 });
  const config = lineConfig(database, server, { tables: together });
  {
    await using line = startLine(config);
    await client.query(fill('a', 1, 50));
    await client.query(fill('b', 1, 5));
    // Accepted, and nothing of it confirmed.
    await waitFor(() => server.journal().arrived.length > 0, { description: 'the first write' });
    await client.query(
      'SELECT pg_terminate_backend(active_pid, 60000) FROM pg_replication_slots WHERE slot_name = $1',
      [database.slot],
    );
    await client.query('TRUNCATE a');
    await drained(database);
    await line.stop();
  }
  const expected = `${recordsOf('a', 'a:')} UNION ALL ${recordsOf('b', 'b:')}`;
  expectEqual(await compareIndex(client, server, 'ab', expected), 5);
});
