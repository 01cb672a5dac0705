import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';

const tables = { 'public.doc': { index: 'doc', objectID: ['id'] } };
const options = { tables, algolia: { recordBytesMax: 100_000 } };
const expected = `SELECT id::text AS object_id,
    to_jsonb(t) || jsonb_build_object('objectID', id::text, 'source_table', 'public.doc') AS record FROM doc t`;

/** Hexadecimal digits that no compression makes small enough to stay in the row. */
const large = (): string => JSON.stringify({ text: randomBytes(10_000).toString('hex') });

async function createDocuments({ client, publication, slot }: TestDatabase, rows: number): Promise<void> {
  await client.query('CREATE TABLE doc (id int PRIMARY KEY, title text, body jsonb)');
  await client.query('ALTER TABLE doc ALTER COLUMN body SET STORAGE EXTERNAL');
  await client.query(`CREATE PUBLICATION "${publication}" FOR TABLE doc`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
  for (let id = 1; id <= rows; id++)
    await client.query(`INSERT INTO doc VALUES ($1, 'first', $2)`, [id, large()]);
}

/** How often the slot's changes leave out the 20 kB of `body`; looks without consuming. */
async function incompleteUpdates({ client, slot, publication }: TestDatabase): Promise<number> {
  const { rows } = await client.query<{ updates: number }>(
    `SELECT count(*)::int AS updates FROM pg_logical_slot_peek_binary_changes($1, NULL, NULL,
       'proto_version', '1', 'publication_names', $2) WHERE substr(data, 1, 1) = 'U' AND length(data) < 1000`,
    [slot, publication],
  );
  return rows[0]?.updates ?? 0;
}

const cases: Readonly<Record<string, readonly string[]>> = {
  alone: [`UPDATE doc SET title = 'second' WHERE id = 1`],
  'together with a key change': [`UPDATE doc SET id = 100, title = 'moved' WHERE id = 1`],
  'twice, and in between its body changed, all in one batch': [
    `BEGIN; UPDATE doc SET title = 'second' WHERE id = 1; UPDATE doc SET body = '{"small": 1.10}' WHERE id = 1;
     UPDATE doc SET title = 'third' WHERE id = 1; COMMIT`,
    `UPDATE doc SET title = 'other' WHERE id = 2`,
  ],
  'and deleted afterwards': [`UPDATE doc SET title = 'second' WHERE id = 1`, 'DELETE FROM doc WHERE id = 1'],
  'and deleted and inserted again': [
    `UPDATE doc SET title = 'second' WHERE id = 1`,
    'DELETE FROM doc WHERE id = 1',
    `INSERT INTO doc VALUES (1, 'new', NULL)`,
  ],
  'of every row, many times': [
    `DO $$ BEGIN FOR n IN 1..50 LOOP UPDATE doc SET title = 'round ' || n; COMMIT; END LOOP; END $$`,
  ],
};

describe.each(Object.entries(cases))('an update that leaves out 20 kB: %s', (_, statements) => {
  test('change by change', async () => {
    await using database = await createDatabase();
    await createDocuments(database, 8);
    await using server = await startIndex({ recordBytesMax: 100_000 });
    await using line = startLine(lineConfig(database, server, options));
    await drained(database);
    for (const statement of statements) {
      await database.client.query(statement);
      await drained(database);
    }
    await line.stop();
    expectEqual(await compareIndex(database.client, server, 'doc', expected), 7);
  });

  test('all waiting, in one batch', async () => {
    await using database = await createDatabase();
    await createDocuments(database, 8);
    for (const statement of statements) await database.client.query(statement);
    expect(await incompleteUpdates(database)).toBeGreaterThan(0);
    await using server = await startIndex({ recordBytesMax: 100_000 });
    await using line = startLine(lineConfig(database, server, options));
    await drained(database);
    await line.stop();
    expectEqual(await compareIndex(database.client, server, 'doc', expected), 7);
  });
});

test('its record tells of the commit that led to it', async () => {
  await using database = await createDatabase();
  await createDocuments(database, 1);
  await using server = await startIndex({ recordBytesMax: 100_000 });
  await using line = startLine(lineConfig(database, server, options));
  await drained(database);
  const before = JSON.parse(server.record('doc', '1') ?? '{}');
  await database.client.query(`UPDATE doc SET title = 'second'`);
  await drained(database);
  await line.stop();
  const after = JSON.parse(server.record('doc', '1') ?? '{}');
  expect(after.title).toBe('second');
  expect(after.wal.committed_at_ms).toBeGreaterThanOrEqual(before.wal.committed_at_ms);
  expect(after.wal.xid).toBeGreaterThan(before.wal.xid);
});

test('a role that may not read the table stops it at the first such change, and says what it needs', async () => {
  await using database = await createDatabase();
  const { client, name } = database;
  await createDocuments(database, 1);
  const role = `${name}_run`;
  await client.query(`CREATE ROLE ${role} LOGIN REPLICATION PASSWORD 'p'`);
  try {
    await using server = await startIndex({ recordBytesMax: 100_000 });
    const url = new URL(database.url);
    url.username = role;
    url.password = 'p';
    const config = { ...lineConfig(database, server, options), postgres: { url: url.href } };
    await using line = startLine(config);
    await drained(database);
    await client.query(`UPDATE doc SET title = 'second'`);
    await expect(line.ended).rejects.toMatchObject({
      code: 'PRECONDITION',
      message: expect.stringContaining('public.doc: a change cannot be followed without its row'),
      remedy: expect.stringContaining('SELECT'),
    });
    await client.query(`GRANT SELECT ON doc TO ${role}`);
    await using again = startLine(config);
    await drained(database);
    expectEqual(await compareIndex(client, server, 'doc', expected));
    await again.stop();
  } finally {
    await client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  }
});
