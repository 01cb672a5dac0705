import { expect, test } from 'vitest';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { createTables, expectedLog, expectLog, lookups, nameSql, tables } from './lookup-case.ts';

const RECORD_BYTES_MAX = 1_000;
const small = { tables, lookups, algolia: { recordBytesMax: RECORD_BYTES_MAX } };

/** Names of a megabyte, of characters that are escaped, and of such as have four bytes; and what 500 bytes hold of each. */
const HOSTILE = `(1, repeat('x', 1000000)), (2, repeat(U&'\\0001', 400)), (3, repeat('🦊', 300))`;
const CUT = `(VALUES ('1', repeat('x', 498)), ('2', repeat(U&'\\0001', 83)), ('3', repeat('🦊', 124))) AS cut (id, name)`;

test('no name makes a record larger than it may be: first it is cut, then left out', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createTables(database);
  await client.query(`INSERT INTO users VALUES ${HOSTILE}`);
  await using server = await startIndex({ recordBytesMax: RECORD_BYTES_MAX });
  await using line = startLine(lineConfig(database, server, small));
  await client.query(`INSERT INTO log (actor_id, data)
    SELECT (1 + n % 3)::text, jsonb_build_object('owner', jsonb_build_object('id', 1 + n % 2), 'fill', repeat('y', n))
    FROM generate_series(1, 600) n`);
  await Promise.race([line.ended, drained(database)]);
  expect(line.status().records.deadLetters).toBe(0);
  const { rows: cut } = await client.query<{ id: string; name: string }>(`SELECT id, name FROM ${CUT}`);
  const allowed = new Map(cut.map(({ id, name }) => [id, name]));
  const records = await browsed(server);
  expect(records).toHaveLength(600);
  for (const { actor, owner, actor_id, data } of records) {
    expect([null, allowed.get(actor_id)]).toContain(actor);
    expect([null, allowed.get(String(data.owner.id))]).toContain(owner);
  }
  const named = (count: number) =>
    records.filter(({ actor, owner }) => Number(actor !== null) + Number(owner !== null) === count).length;
  expect([named(0) > 50, named(1) > 200, named(2)]).toEqual([true, true, 0]);
  await line.stop();
});

test('of ten thousand users a hundred are remembered, and all have their names', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createTables(database);
  await client.query(`INSERT INTO users SELECT n, 'user ' || n FROM generate_series(1, 10000) n;
    INSERT INTO log (actor_id) SELECT (n * 7919 % 10000 + 1)::text FROM generate_series(1, 20000) n`);
  await using server = await startIndex();
  const hundred = { users: { ...lookups.users, cacheRowsMax: 100 } };
  await using line = startLine(lineConfig(database, server, { tables, lookups: hundred }));
  await Promise.race([line.ended, drained(database)]);
  await client.query('CREATE INDEX ON users ((id::text))');
  await client.query('ANALYZE users');
  await expectLog(database, server, expectedLog(nameSql('l.actor_id'), 'NULL'), 20_000);
  await line.stop();
});

type LogRecord = {
  readonly actor: string | null;
  readonly owner: string | null;
  readonly actor_id: string;
  readonly data: { readonly owner: { readonly id: number } };
};

async function browsed(server: {
  readonly url: string;
  readonly appId: string;
  readonly adminKey: string;
}): Promise<readonly LogRecord[]> {
  const answer = await fetch(`${server.url}/1/indexes/log/browse`, {
    method: 'POST',
    headers: { 'x-algolia-application-id': server.appId, 'x-algolia-api-key': server.adminKey },
    body: JSON.stringify({ hitsPerPage: 1000 }),
  });
  return ((await answer.json()) as { hits: LogRecord[] }).hits;
}
