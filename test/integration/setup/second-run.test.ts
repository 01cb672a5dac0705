import { expect, test } from 'vitest';
import { startIndex } from '../../support/line.ts';
import { createDatabase, serverMajor, type TestDatabase } from '../../support/postgres.ts';
import { ownTables, runSetup, setUp } from './setup-command.ts';

const SETTINGS = 'PUT /1/indexes/:index/settings';

/** Every catalog row that setup could write, by the transaction that wrote it, and what a slot remembers. */
async function fingerprint({ client, slot, name }: TestDatabase): Promise<unknown> {
  const { rows } = await client.query(
    `SELECT (SELECT json_agg(json_build_object('oid', oid, 'xmin', xmin::text, 'row', to_jsonb(p)) ORDER BY oid) FROM pg_publication p) AS publications,
            (SELECT json_agg(json_build_object('oid', oid, 'xmin', xmin::text) ORDER BY oid) FROM pg_publication_rel) AS tables,
            (SELECT json_agg(json_build_object('oid', oid, 'xmin', xmin::text, 'acl', relacl::text) ORDER BY oid)
             FROM pg_class WHERE relkind IN ('r', 'p', 'i') AND oid >= 16384) AS relations,
            (SELECT json_agg(json_build_object('of', attrelid, 'n', attnum, 'xmin', xmin::text, 'acl', attacl::text) ORDER BY attrelid, attnum)
             FROM pg_attribute WHERE attrelid >= 16384) AS columns,
            (SELECT json_agg(json_build_object('name', nspname, 'xmin', xmin::text, 'acl', nspacl::text) ORDER BY nspname) FROM pg_namespace) AS schemas,
            (SELECT json_agg(json_build_object('xmin', xmin::text, 'acl', datacl::text)) FROM pg_database WHERE datname = $2) AS database,
            (SELECT json_agg(json_build_object('role', setrole, 'settings', setconfig)) FROM pg_db_role_setting
             WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = $2)) AS settings,
            (SELECT to_jsonb(s) - 'inactive_since' - 'safe_wal_size' - 'wal_status' FROM pg_replication_slots s WHERE slot_name = $1) AS slot`,
    [slot, name],
  );
  return rows[0];
}

test('a dry run tells all of it and changes nothing, setup does just that, and a second one changes nothing', async () => {
  await using database = await createDatabase();
  await using server = await startIndex();
  const { client, name } = database;
  const role = `Run ${name}`;
  await client.query(`CREATE ROLE "${role}" LOGIN REPLICATION PASSWORD 'runs'`);
  try {
    await client.query(`CREATE SCHEMA app; CREATE TABLE app.a (id int PRIMARY KEY, v int);
      CREATE TABLE app.b (id int PRIMARY KEY, v int) PARTITION BY RANGE (id); CREATE TABLE app.b1 PARTITION OF app.b DEFAULT`);
    const runUrl = new URL(database.url);
    runUrl.username = encodeURIComponent(role);
    runUrl.password = 'runs';
    const settings = { customRanking: ['desc(id)'] };
    const setupCase = {
      database,
      algolia: { appId: server.appId, apiKey: server.adminKey, hosts: [server.url] },
      runUrl: runUrl.href,
      tables: { 'app.a': { index: 'a', settings }, 'app.b': { index: 'b' } },
    };
    const before = await fingerprint(database);
    const dry = await setUp({ ...setupCase, dryRun: true });
    expect(await fingerprint(database)).toEqual(before);
    expect(server.requests[SETTINGS]).toBeUndefined();
    const list = serverMajor() < 15 ? '' : ' ("id", "v")';
    expect(dry.statements).toEqual([
      `CREATE PUBLICATION "${database.publication}" FOR TABLE "app"."a"${list}, "app"."b"${list} WITH (publish = 'insert, update, delete, truncate', publish_via_partition_root = true)`,
      ...ownTables(role),
      `GRANT USAGE ON SCHEMA "app" TO "${role}"`,
      `GRANT SELECT ("id", "v") ON "app"."a" TO "${role}"`,
      `GRANT SELECT ("id", "v") ON "app"."b" TO "${role}"`,
      `SELECT pg_create_logical_replication_slot('${database.slot}', 'pgoutput')`,
    ]);

    expect((await setUp(setupCase)).statements).toEqual(dry.statements);
    const after = await fingerprint(database);
    expect(after).not.toEqual(before);
    expect(server.requests[SETTINGS]).toBe(1);
    const second = await runSetup(setupCase);
    expect(second).toMatchObject({ code: 0, statements: [] });
    expect(await fingerprint(database)).toEqual(after);
    expect(server.requests[SETTINGS]).toBe(1);
  } finally {
    await client.query(`DROP OWNED BY "${role}"`);
    await client.query(`DROP ROLE "${role}"`);
  }
});
