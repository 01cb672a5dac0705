import { expect, test } from 'vitest';
import { createDeadLetterTable } from '../../support/dead-letter-table.ts';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, serverMajor, type TestDatabase } from '../../support/postgres.ts';

const tables = {
  'public.t': { index: 't', objectID: ['id'] },
  'public.pair': { index: 'pair', objectID: ['a', 'b'], objectIDPrefix: 'p-' },
};
const expected = `SELECT id::text AS object_id,
    to_jsonb(t) || jsonb_build_object('objectID', id::text, 'source_table', 'public.t') AS record FROM t`;

async function create({ client, publication, slot }: TestDatabase, publish = 'insert, update, delete') {
  await client.query('CREATE TABLE t (id int PRIMARY KEY, note text)');
  await client.query('CREATE TABLE pair (a text, b text, PRIMARY KEY (a, b))');
  // What the slot never saw.
  await client.query(`INSERT INTO t SELECT n, 'before ' || n FROM generate_series(1, 20) n`);
  await client.query(`INSERT INTO pair VALUES ('x:y', '100%'), ('é', '')`);
  await client.query(`CREATE PUBLICATION "${publication}" FOR TABLE t, pair WITH (publish = '${publish}')`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
}

const ask = ({ client }: TestDatabase, content: unknown, transactional = true) =>
  client.query('SELECT pg_logical_emit_message($1, $2, $3)', [
    transactional,
    'wal2algolia',
    typeof content === 'string' ? content : JSON.stringify(content),
  ]);
const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => String(from + at));

test('a logical message brings rows into the index that the slot never saw', async () => {
  await using database = await createDatabase();
  await create(database);
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables, batch: { recordsMax: 3 } }));
  await ask(database, { refresh: { table: 'public.t', objectIDs: ids(1, 15) } });
  await ask(database, { refresh: { table: 'public.t', objectIDs: ids(11, 20) } }, false);
  await ask(database, { refresh: { table: 'public.pair', objectIDs: ['p-x%3Ay:100%25', 'p-é:'] } });
  await drained(database);
  await line.stop();
  expectEqual(await compareIndex(database.client, server, 't', expected), 20);
  expect(server.record('pair', 'p-x%3Ay:100%25')).toBe(
    '{"objectID":"p-x%3Ay:100%25","a":"x:y","b":"100%","source_table":"public.pair"}',
  );
  expect(server.record('pair', 'p-é:')).toContain('"a":"é","b":""');
});

test.each(['insert, update, delete', 'insert, update'])(
  'a record without a row, when "%s" is published: gone where deletes are followed, left alone elsewhere',
  async (publish) => {
    await using database = await createDatabase();
    await create(database, publish);
    await using server = await startIndex();
    await using line = startLine(lineConfig(database, server, { tables }));
    await database.client.query(`INSERT INTO t VALUES (21, 'to be forgotten')`);
    await drained(database);
    const body = Buffer.from(
      '{"requests":[{"action":"updateObject","body":{"objectID":"77","note":"of nobody"}}]}',
    );
    const headers = { 'x-algolia-application-id': server.appId, 'x-algolia-api-key': server.adminKey };
    await fetch(`${server.url}/1/indexes/t/batch`, { method: 'POST', headers, body });
    await ask(database, { refresh: { table: 'public.t', objectIDs: ['77', '21'] } });
    await drained(database);
    await line.stop();
    expect(server.record('t', '77') === undefined).toBe(publish.includes('delete'));
    expect(server.record('t', '21')).toContain('to be forgotten');
  },
);

test('what cannot be understood or belongs to others is passed over', async () => {
  await using database = await createDatabase();
  await create(database);
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables }));
  for (const content of [
    '',
    'no JSON',
    '[]',
    '{"refresh": []}',
    { refresh: { table: 'public.other', objectIDs: ['1'] } },
    { refresh: { table: 'constructor', objectIDs: ['1'] } },
    { refresh: { table: 'public.t', objectIDs: '1' } },
    { refresh: { table: 'public.t', objectIDs: [1] } },
    { refresh: { table: 'public.t', objectIDs: ['1\u0000'] } },
    { refresh: { table: 'public.pair', objectIDs: ['p-only one part'] } },
    { refresh: { table: 'public.pair', objectIDs: ['x:y'] } },
    { refresh: { table: 'public.t', objectIDs: ['1'] }, more: 1 },
    { refresh: { table: 'public.t', objectIDs: ['1'], where: 'true' } },
  ]) {
    await ask(database, content);
    await ask(database, content, false);
  }
  await database.client.query(`SELECT pg_logical_emit_message(true, 'somebody else', '{"refresh": 1}')`);
  await database.client.query(`SELECT pg_logical_emit_message(false, '', '\\x00ff'::bytea)`);
  // Keys that the column's type cannot have, among one that it can.
  await ask(database, {
    refresh: { table: 'public.t', objectIDs: ['x', '7', '99999999999999', '1.5', "'"] },
  });
  await database.client.query(`INSERT INTO t VALUES (21, 'after')`);
  await drained(database);
  await line.stop();
  expect(JSON.parse(server.record('t', '7') ?? '{}')).toMatchObject({ note: 'before 7' });
  expect(server.record('t', '1')).toBeUndefined();
  expect(server.record('t', '21')).toBeDefined();
});

test('a row that is too large to be a record is set aside, and stops nothing', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await client.query(`CREATE TABLE t (id int PRIMARY KEY, note text)`);
  await client.query(`INSERT INTO t VALUES (1, repeat('x', 20000)), (2, 'small')`);
  await client.query(`CREATE PUBLICATION "${database.publication}" FOR TABLE t`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [database.slot]);
  await createDeadLetterTable(database);
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables: { 'public.t': { index: 't' } } }));
  await ask(database, { refresh: { table: 'public.t', objectIDs: ['1', '2'] } });
  await drained(database);
  await line.stop();
  expect(server.record('t', '1')).toBeUndefined();
  expect(server.record('t', '2')).toContain('small');
  // It was not taken for one that is gone, either.
  const written = server.journal().arrived.flatMap(({ operations }) => operations);
  expect(written.map(({ kind }) => kind)).toEqual(['set']);
  const { rows } = await client.query('SELECT object_id, reason, lsn FROM wal2algolia.dead_letter');
  expect(rows).toEqual([{ object_id: '1', reason: 'too-large', lsn: null }]);
});

test('rows and columns that the publication keeps back are not read either', async () => {
  await using database = await createDatabase();
  const { client, publication, slot } = database;
  await client.query('CREATE TABLE t (id int PRIMARY KEY, note text, secret text)');
  await client.query(`INSERT INTO t VALUES (1, 'open', 's'), (2, 'closed', 's')`);
  // Before 15 there are neither column lists nor row filters: there the mapping alone decides.
  const keepsBack = serverMajor() >= 15;
  await client.query(
    `CREATE PUBLICATION "${publication}" FOR TABLE t ${keepsBack ? '(id, note) WHERE (id <> 2)' : ''} WITH (publish = 'insert, update, delete')`,
  );
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
  await using server = await startIndex();
  await using line = startLine(
    lineConfig(database, server, {
      tables: {
        'public.t': { index: 't', ...(keepsBack ? {} : { attributes: { id: 'id', note: 'note' } }) },
      },
    }),
  );
  await ask(database, { refresh: { table: 'public.t', objectIDs: ['1', '2'] } });
  await drained(database);
  await line.stop();
  expect(server.record('t', '1')).toBe('{"objectID":"1","id":1,"note":"open","source_table":"public.t"}');
  expect(server.record('t', '2') === undefined).toBe(keepsBack);
});

test('a role that row security filters or that may not read does not take hidden rows for deleted ones', async () => {
  await using database = await createDatabase();
  const { client, name } = database;
  await create(database);
  const role = `${name}_run`;
  await client.query(`CREATE ROLE ${role} LOGIN REPLICATION PASSWORD 'p'; GRANT SELECT ON t TO ${role};
    ALTER TABLE t ENABLE ROW LEVEL SECURITY`);
  try {
    await using server = await startIndex();
    const url = new URL(database.url);
    url.username = role;
    url.password = 'p';
    await using line = startLine({
      ...lineConfig(database, server, { tables }),
      postgres: { url: url.href },
    });
    await client.query(
      `INSERT INTO t VALUES (21, 'visible in the stream'); INSERT INTO pair VALUES ('a', 'b')`,
    );
    await drained(database);
    await ask(database, { refresh: { table: 'public.t', objectIDs: ['21'] } });
    await ask(database, { refresh: { table: 'public.pair', objectIDs: ['p-a:b'] } });
    await client.query(`INSERT INTO t VALUES (22, 'it goes on')`);
    await drained(database);
    await line.stop();
    expect(server.record('t', '21')).toContain('visible in the stream');
    expect(server.record('pair', 'p-a:b')).toBeDefined();
    expect(server.record('t', '22')).toBeDefined();
  } finally {
    await client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  }
});
