import { expect, test } from 'vitest';
import { connect, createDatabase, serverMajor, type TestDatabase } from '../../support/postgres.ts';
import { runSetup, setUp } from './setup-command.ts';

type Role = AsyncDisposable & { readonly name: string; readonly url: string };

/** Roles belong to the cluster: these have the database's name in theirs, and go before it. */
async function createRole({ client, name, url }: TestDatabase, kind: string, rights: string): Promise<Role> {
  const role = `${kind} "of" ${name}`;
  const quoted = `"${role.replaceAll('"', '""')}"`;
  await client.query(`CREATE ROLE ${quoted} LOGIN PASSWORD 'secret' ${rights}`);
  const own = new URL(url);
  own.username = encodeURIComponent(role);
  own.password = 'secret';
  return {
    name: quoted,
    url: own.href,
    [Symbol.asyncDispose]: async () => {
      await client.query(`DROP OWNED BY ${quoted} CASCADE`);
      await client.query(`DROP ROLE ${quoted}`);
    },
  };
}

/** Before 15 a publication has neither column lists nor row filters. */
const hasLists = () => serverMajor() >= 15;
const TABLES = { 'App.log': { index: 'log', attributes: { 'who did it': 'Who' } } };

async function createLog({ client }: TestDatabase, owner?: Role): Promise<void> {
  await client.query(`CREATE SCHEMA "App"; CREATE TABLE "App".log (id int PRIMARY KEY, "Who" text, secret text);
    INSERT INTO "App".log VALUES (1, 'somebody', 'secret')`);
  if (owner === undefined) return;
  await client.query(
    `ALTER SCHEMA "App" OWNER TO ${owner.name}; ALTER TABLE "App".log OWNER TO ${owner.name}`,
  );
}

async function read(role: Role, columns: string): Promise<unknown> {
  const client = await connect(role.url);
  try {
    return (await client.query(`SELECT ${columns} FROM "App".log`)).rows;
  } finally {
    await client.end();
  }
}

test('an owner who sets up grants the role of run exactly the columns that it lacks', async () => {
  await using database = await createDatabase();
  await using owner = await createRole(database, 'owner', 'REPLICATION');
  await using run = await createRole(database, 'run', 'REPLICATION');
  await createLog(database, owner);
  await database.client.query(`GRANT CREATE ON DATABASE ${database.name} TO ${owner.name};
    GRANT SELECT (id) ON "App".log TO ${run.name}`);
  const setupCase = {
    database: { ...database, url: owner.url, slot: database.slot, publication: database.publication },
    tables: TABLES,
    runUrl: run.url,
  };
  const { statements } = await setUp(setupCase);
  expect(statements.filter((sql) => sql.startsWith('GRANT'))).toEqual([
    `GRANT USAGE ON SCHEMA wal2algolia TO ${run.name}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON wal2algolia.dead_letter TO ${run.name}`,
    `GRANT SELECT, INSERT, UPDATE ON wal2algolia.erased_actor TO ${run.name}`,
    `GRANT SELECT, INSERT, UPDATE ON wal2algolia.retention_floor TO ${run.name}`,
    `GRANT SELECT, INSERT, DELETE ON wal2algolia.bookmark TO ${run.name}`,
    `GRANT SELECT, INSERT, UPDATE ON wal2algolia.backfill TO ${run.name}`,
    `GRANT SELECT, INSERT, UPDATE ON wal2algolia.verification TO ${run.name}`,
    `GRANT SELECT, INSERT, UPDATE ON wal2algolia.slot_progress TO ${run.name}`,
    `GRANT SELECT, INSERT, UPDATE ON wal2algolia.recovery TO ${run.name}`,
    `GRANT USAGE ON SCHEMA "App" TO ${run.name}`,
    `GRANT SELECT ("Who") ON "App"."log" TO ${run.name}`,
  ]);
  expect(await read(run, 'id, "Who"')).toEqual([{ id: 1, Who: 'somebody' }]);
  await expect(read(run, 'secret')).rejects.toThrow(/permission denied/);
  expect((await setUp(setupCase)).statements).toEqual([]);
  await database.client.query(`REVOKE SELECT ("Who") ON "App".log FROM ${run.name}`);
  expect((await setUp(setupCase)).statements).toEqual([`GRANT SELECT ("Who") ON "App"."log" TO ${run.name}`]);
});

test('columns that an existing publication and its row filter need, and no others', async () => {
  await using database = await createDatabase();
  await using run = await createRole(database, 'run', 'REPLICATION');
  await createLog(database);
  await database.client.query(`ALTER TABLE "App".log ADD tenant int DEFAULT 1;
    CREATE PUBLICATION "${database.publication}" FOR TABLE "App".log ${hasLists() ? '(id, "Who") WHERE (tenant = 1)' : ''} WITH (publish = 'insert')`);
  const { statements } = await setUp({ database, tables: { 'App.log': { index: 'log' } }, runUrl: run.url });
  const columns = hasLists() ? '"id", "Who", "tenant"' : '"id", "Who", "secret", "tenant"';
  expect(statements).toContain(`GRANT SELECT (${columns}) ON "App"."log" TO ${run.name}`);
});

test('who may not grant is told what the owner has to run', async () => {
  await using database = await createDatabase();
  await using setter = await createRole(database, 'setter', 'REPLICATION');
  await using run = await createRole(database, 'run', 'REPLICATION');
  await createLog(database);
  await database.client.query(`CREATE PUBLICATION "${database.publication}" FOR TABLE "App".log ${hasLists() ? '(id, "Who")' : ''} WITH (publish = 'insert');
    GRANT CREATE ON DATABASE ${database.name} TO ${setter.name}; GRANT USAGE ON SCHEMA "App" TO ${setter.name}, ${run.name}; GRANT SELECT ON "App".log TO ${setter.name}`);
  const refused = await runSetup({
    database: { ...database, url: setter.url, slot: database.slot, publication: database.publication },
    tables: TABLES,
    runUrl: run.url,
  });
  expect(refused.code).toBe(78);
  const remedy = /As the owner of the table: (.*)/.exec(refused.stderr)?.[1];
  expect(remedy).toBe(`GRANT SELECT ("id", "Who") ON "App"."log" TO ${run.name}`);
  await database.client.query(remedy ?? '');
  expect(await read(run, 'id')).toEqual([{ id: 1 }]);
});

test('a role of run that is not there, and one that may not stream', async () => {
  await using database = await createDatabase();
  await using run = await createRole(database, 'run', '');
  await createLog(database);
  const nobody = new URL(database.url);
  nobody.username = 'No%20body';
  const refused = await runSetup({ database, tables: TABLES, runUrl: nobody.href });
  expect(refused.code).toBe(78);
  expect(refused.stderr).toMatch(/role "No body", which `run` shall use, does not exist/);
  const { notices } = await setUp({ database, tables: TABLES, runUrl: run.url });
  const remedy = /ALTER ROLE .*? LOGIN REPLICATION/.exec(notices.join('\n'))?.[0];
  await database.client.query(remedy ?? '');
  expect((await setUp({ database, tables: TABLES, runUrl: run.url })).notices.join()).not.toContain(
    'may not stream',
  );
});

const policies: Readonly<Record<string, { ddl: string; noticed: boolean }>> = {
  'row security on a table of somebody else': { ddl: 'ENABLE ROW LEVEL SECURITY', noticed: true },
  'no row security': { ddl: 'DISABLE ROW LEVEL SECURITY', noticed: false },
};

test.each(Object.entries(policies))('%s', async (_name, { ddl, noticed }) => {
  await using database = await createDatabase();
  await using run = await createRole(database, 'run', 'REPLICATION');
  await createLog(database);
  await database.client.query(`ALTER TABLE "App".log ${ddl}`);
  const setupCase = { database, tables: TABLES, runUrl: run.url };
  const remedy = /ALTER ROLE .* BYPASSRLS$/m.exec((await setUp(setupCase)).notices.join('\n'))?.[0];
  expect(remedy).toBe(noticed ? `ALTER ROLE ${run.name} BYPASSRLS` : undefined);
  const before = noticed ? [] : [{ id: 1 }];
  expect(await read(run, 'id')).toEqual(before);
  if (remedy !== undefined) await database.client.query(remedy);
  expect(await read(run, 'id')).toEqual([{ id: 1 }]);
  expect((await setUp(setupCase)).notices.join()).not.toContain('row security');
});

test('an owner is subject to row security only when it is forced', async () => {
  await using database = await createDatabase();
  await using owner = await createRole(database, 'owner', 'REPLICATION');
  await createLog(database, owner);
  await database.client.query(`GRANT CREATE ON DATABASE ${database.name} TO ${owner.name};
    ALTER TABLE "App".log ENABLE ROW LEVEL SECURITY`);
  const setupCase = {
    database: { ...database, url: owner.url, slot: database.slot, publication: database.publication },
    tables: TABLES,
  };
  expect((await setUp(setupCase)).notices.join()).not.toContain('row security');
  await database.client.query('ALTER TABLE "App".log FORCE ROW LEVEL SECURITY');
  expect((await setUp(setupCase)).notices.join()).toContain(`ALTER ROLE ${owner.name} BYPASSRLS`);
});
