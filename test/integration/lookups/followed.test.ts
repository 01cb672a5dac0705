import { expect, onTestFinished, test, vi } from 'vitest';
import { LookupReader } from '../../../src/database/lookup-reader.ts';
import { NameCache } from '../../../src/lookups/name-cache.ts';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained, type Line, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { createTables, expectedLog, expectLog, lookups, tables } from './lookup-case.ts';

const followed = { users: { ...lookups.users, follow: true } };

async function settled(line: Line, database: TestDatabase): Promise<void> {
  await Promise.race([line.ended, drained(database)]);
}

/** A change of the names, and with it in one transaction a row of user 1 whose text says what its name must be. */
async function change({ client }: TestDatabase, sql: string, name: string | null): Promise<void> {
  await client.query('BEGIN');
  await client.query(sql);
  await client.query(`INSERT INTO log (actor_id, data) VALUES ('1', jsonb_build_object('is', $1::text))`, [
    name,
  ]);
  await client.query('COMMIT');
}

const IS = `l.data -> 'is'`;

test('every change of a followed table is seen by the rows behind it, and by none before', async () => {
  await using database = await createDatabase();
  await createTables(database, { published: 'log, users' });
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables, lookups: followed }));
  const steps: (readonly [string, string | null])[] = [
    [`INSERT INTO users VALUES (2, 'Bob')`, null],
    [`INSERT INTO users VALUES (1, 'Ann')`, 'Ann'],
    [`UPDATE users SET name = 'Anna' WHERE id = 1`, 'Anna'],
    [`UPDATE users SET id = 3 WHERE id = 1`, null],
    [`UPDATE users SET id = 1 WHERE id = 2`, 'Bob'],
    [`DELETE FROM users WHERE id = 1`, null],
    [`INSERT INTO users VALUES (1, 'Cy')`, 'Cy'],
    [`UPDATE users SET name = NULL WHERE id = 1`, null],
    [`UPDATE users SET name = 'Di' WHERE id = 1`, 'Di'],
    [`TRUNCATE users`, null],
    ...Array.from({ length: 20 }, (_, round) => {
      const name = `name ${round}`;
      return [
        `INSERT INTO users VALUES (1, '${name}') ON CONFLICT (id) DO UPDATE SET name = '${name}'`,
        name,
      ] as const;
    }),
  ];
  for (const [sql, name] of steps) {
    await change(database, sql, name);
    await settled(line, database);
  }
  await expectLog(database, server, expectedLog(IS, 'NULL'), steps.length);
  await line.stop();
});

test('not followed, a name is as old as cacheSeconds says', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createTables(database);
  await client.query(`INSERT INTO users VALUES (1, 'Ann')`);
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables, lookups }));
  await change(database, 'SELECT 1', 'Ann');
  await settled(line, database);
  await change(database, `UPDATE users SET name = 'Bea' WHERE id = 1`, 'Ann');
  await settled(line, database);
  await line.stop();
  const anew = { users: { ...lookups.users, cacheSeconds: 0 } };
  await using without = startLine(lineConfig(database, server, { tables, lookups: anew }));
  for (const name of ['Cy', 'Di', 'Ed']) {
    await change(database, `UPDATE users SET name = '${name}' WHERE id = 1`, name);
    await settled(without, database);
  }
  await expectLog(database, server, expectedLog(IS, 'NULL'), 5);
  await without.stop();
});

test('a row that was missing is found once it is there, also where nobody follows it', async () => {
  await using database = await createDatabase();
  await createTables(database);
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables, lookups }));
  for (const name of [null, null, 'Ann', 'Ann']) {
    await change(
      database,
      name === null ? 'SELECT 1' : `INSERT INTO users VALUES (1, 'Ann') ON CONFLICT DO NOTHING`,
      name,
    );
    await settled(line, database);
  }
  await expectLog(database, server, expectedLog(IS, 'NULL'), 4);
  await line.stop();
});

test('a reference table may have records of its own', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createTables(database, { published: 'log, users' });
  await using server = await startIndex();
  const both = { ...tables, 'public.users': { index: 'users', attributes: { id: 'id', name: 'name' } } };
  await using line = startLine(lineConfig(database, server, { tables: both, lookups }));
  for (const name of ['Ann', 'Bea', 'Cy']) {
    await change(
      database,
      `INSERT INTO users VALUES (1, '${name}') ON CONFLICT (id) DO UPDATE SET name = '${name}'`,
      name,
    );
    await settled(line, database);
  }
  await client.query(`INSERT INTO users VALUES (2, 'Di'); DELETE FROM users WHERE id = 1`);
  await settled(line, database);
  await expectLog(database, server, expectedLog(IS, 'NULL'), 3);
  const expected = `SELECT id::text AS object_id,
    jsonb_build_object('objectID', id::text, 'id', id, 'name', name, 'source_table', 'public.users') AS record FROM users`;
  expectEqual(await compareIndex(client, server, 'users', expected));
  await line.stop();
});

test('a name that changes while it is read is read again for the rows behind the change', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createTables(database, { published: 'log, users' });
  await client.query(`INSERT INTO users VALUES (1, 'Ann')`);
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables, lookups }));
  const { read } = LookupReader.prototype;
  const forgets = vi.spyOn(NameCache.prototype, 'forget');
  const slow = vi.spyOn(LookupReader.prototype, 'read').mockImplementationOnce(async function (
    this: LookupReader,
    ...asked
  ) {
    const found = await read.apply(this, asked);
    forgets.mockClear();
    await client.query(`UPDATE users SET name = 'Bea' WHERE id = 1`);
    await waitFor(() => forgets.mock.calls.length > 0, { description: 'the change to be in the stream' });
    return found;
  });
  onTestFinished(() => {
    forgets.mockRestore();
    slow.mockRestore();
  });
  await change(database, 'SELECT 1', 'Ann');
  await settled(line, database);
  await change(database, 'SELECT 1', 'Bea');
  await settled(line, database);
  await expectLog(database, server, expectedLog(IS, 'NULL'), 2);
  await line.stop();
});

test('an id that is written otherwise than in its row sees changes, too', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createTables(database, { published: 'log, users' });
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables, lookups }));
  for (const name of ['Ann', 'Bea', 'Cy']) {
    await client.query(
      `INSERT INTO users VALUES (1, '${name}') ON CONFLICT (id) DO UPDATE SET name = '${name}'`,
    );
    await client.query(
      `INSERT INTO log (actor_id, data) VALUES ('01', '{"is": "${name}"}'), (' 1', '{"is": "${name}"}')`,
    );
    await settled(line, database);
  }
  await expectLog(database, server, expectedLog(IS, 'NULL'), 6);
  await line.stop();
});

test('a session that is cut and opened again goes on with the names of today', async () => {
  await using database = await createDatabase();
  const { client, slot } = database;
  await createTables(database, { published: 'log, users' });
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables, lookups: followed }));
  for (let round = 0; round < 6; round++) {
    const name = `name ${round}`;
    await change(
      database,
      `INSERT INTO users VALUES (1, '${name}') ON CONFLICT (id) DO UPDATE SET name = '${name}'`,
      name,
    );
    await settled(line, database);
    await change(database, 'SELECT 1', name);
    await settled(line, database);
    await client.query(
      'SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1',
      [slot],
    );
  }
  await expectLog(database, server, expectedLog(IS, 'NULL'), 12);
  await line.stop();
});

test('a table that is followed has to be published', async () => {
  await using database = await createDatabase();
  await createTables(database, { published: 'log' });
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables, lookups: followed }));
  await expect(line.ended).rejects.toMatchObject({
    code: 'PRECONDITION',
    exitCode: 78,
    message: expect.stringContaining('table public.users is not in publication'),
  });
});
