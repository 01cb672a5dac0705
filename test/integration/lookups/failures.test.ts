import { expect, onTestFinished, test, vi } from 'vitest';
import { LookupReader } from '../../../src/database/lookup-reader.ts';
import { drained, type Line, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { createTables, expectedLog, expectLog, lookups, tables } from './lookup-case.ts';

type Role = AsyncDisposable & { readonly name: string; readonly url: string };

/** One that may stream, and has no other right yet. */
async function createRole({ client, name, url }: TestDatabase): Promise<Role> {
  const role = `run_${name}`;
  await client.query(`CREATE ROLE ${role} LOGIN REPLICATION PASSWORD 'secret'`);
  const own = new URL(url);
  own.username = role;
  own.password = 'secret';
  return {
    name: role,
    url: own.href,
    [Symbol.asyncDispose]: async () => {
      await client.query(`DROP OWNED BY ${role} CASCADE`);
      await client.query(`DROP ROLE ${role}`);
    },
  };
}

/** Rejects with what ends the line; resolves when it goes on as if nothing were. */
function endOf(line: Line, goesOn: () => boolean): Promise<unknown> {
  const going = waitFor(goesOn, { description: 'the line to go on' }).catch(() => undefined);
  return Promise.race([line.ended, going]);
}

test('a connection that is lost while names are read ends the session, and no row goes without its name', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createTables(database);
  await client.query(`INSERT INTO users SELECT n, 'user ' || n FROM generate_series(1, 1000) n`);
  await using server = await startIndex();
  const { read } = LookupReader.prototype;
  let cuts = 0;
  const cutting = vi.spyOn(LookupReader.prototype, 'read').mockImplementation(async function (
    this: LookupReader,
    ...asked
  ) {
    const found = await read.apply(this, asked);
    cuts += 1;
    if (cuts % 3 !== 0) return found;
    await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE '%lookups'`);
    return read.apply(this, asked);
  });
  onTestFinished(() => cutting.mockRestore());
  const anew = { users: { ...lookups.users, cacheSeconds: 0 } };
  await using line = startLine(lineConfig(database, server, { tables, lookups: anew }));
  for (let round = 0; round < 8; round++) {
    await client.query(
      `INSERT INTO log (actor_id) SELECT (1 + (n * 37 + ${round}) % 1000)::text FROM generate_series(1, 100) n`,
    );
    await Promise.race([line.ended, drained(database)]);
  }
  expect(cuts).toBeGreaterThan(8);
  await expectLog(database, server, expectedLog(), 800);
  await line.stop();
});

test('a right that is taken away while it runs stops the pipeline, before a record goes without its name', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createTables(database);
  await using role = await createRole(database);
  await client.query(
    `GRANT SELECT ON users TO ${role.name}; INSERT INTO users VALUES (1, 'Ann'), (2, 'Bob')`,
  );
  await using server = await startIndex();
  const config = { ...lineConfig(database, server, { tables, lookups }), postgres: { url: role.url } };
  await using line = startLine(config);
  await client.query(`INSERT INTO log (actor_id) VALUES ('1')`);
  await waitFor(() => line.status().records.written === 1, { description: 'a record' });
  await client.query(`REVOKE SELECT ON users FROM ${role.name}; INSERT INTO log (actor_id) VALUES ('2')`);
  const written = () => line.status().records.written === 2;
  await expect(endOf(line, written)).rejects.toMatchObject({
    code: 'PRECONDITION',
    exitCode: 78,
    message: expect.stringContaining('reading names: permission denied'),
    remedy: expect.stringContaining('wal2algolia setup'),
  });
  await client.query(`GRANT SELECT (id, name) ON users TO ${role.name}`);
  await using again = startLine(config);
  await Promise.race([again.ended, drained(database)]);
  await expectLog(database, server, expectedLog(), 2);
  await again.stop();
});

test('a table whose key becomes of another type is read by that, one that is dropped stops the pipeline', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createTables(database);
  await client.query(`INSERT INTO users SELECT n, 'user ' || n FROM generate_series(1, 9) n`);
  await using server = await startIndex();
  const anew = { users: { ...lookups.users, cacheSeconds: 0 } };
  await using line = startLine(lineConfig(database, server, { tables, lookups: anew }));
  for (const type of ['bigint', 'text', 'numeric', 'int']) {
    await client.query(`ALTER TABLE users ALTER id TYPE ${type} USING id::${type};
      INSERT INTO log (actor_id) SELECT n::text FROM generate_series(1, 12) n`);
    await Promise.race([line.ended, drained(database)]);
  }
  await expectLog(database, server, expectedLog(), 48);
  await client.query(`DROP TABLE users; INSERT INTO log (actor_id) VALUES ('1')`);
  const written = () => line.status().records.written === 49;
  await expect(endOf(line, written)).rejects.toMatchObject({
    code: 'PRECONDITION',
    exitCode: 78,
    message: 'lookups["users"]: table public.users does not exist',
  });
});

test.each([
  ['no such table', `DROP TABLE users`, 'lookups["users"]: table public.users does not exist'],
  ['no such key', `ALTER TABLE users RENAME id TO uid`, 'has no column "id" (it has: uid, name, secret)'],
  ['no such value', `ALTER TABLE users DROP name`, 'has no column "name" (it has: id, secret)'],
  [
    'no right',
    `REVOKE SELECT (name) ON users FROM ROLE_NAME`,
    'this role may not read names from public.users: permission denied',
  ],
  [
    'row security',
    `ALTER TABLE users ENABLE ROW LEVEL SECURITY`,
    'this role may not read names from public.users: row security',
  ],
])('%s is said at the start', async (_name, sql, message) => {
  await using database = await createDatabase();
  const { client } = database;
  await createTables(database);
  await using role = await createRole(database);
  await client.query(`GRANT SELECT (id, name) ON users TO ${role.name}`);
  await client.query(sql.replace('ROLE_NAME', role.name));
  await using server = await startIndex();
  await using line = startLine({
    ...lineConfig(database, server, { tables, lookups }),
    postgres: { url: role.url },
  });
  const streaming = () => line.status().state === 'streaming';
  await expect(endOf(line, streaming)).rejects.toMatchObject({
    exitCode: 78,
    message: expect.stringContaining(message),
  });
});
