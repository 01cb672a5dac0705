import { expect, test } from 'vitest';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, serverMajor } from '../../support/postgres.ts';
import { createLog, facts, insertRows, intruder, TABLES, verified } from './verify-case.ts';

const NONE = { counts: [0, 0, 0, 0], listed: [] };

test('rows that a row filter keeps back are none', async ({ skip }) => {
  skip(serverMajor() < 15, 'needs row filters, which came with Postgres 15');
  await using database = await createDatabase();
  const { client, publication } = database;
  await createLog(database);
  await client.query(
    `ALTER TABLE t REPLICA IDENTITY FULL; ALTER PUBLICATION "${publication}" SET TABLE t WHERE (v <> 'internal')`,
  );
  await using server = await startIndex();
  const tables: ConfigInput['tables'] = {
    'public.t': { index: 't', objectID: ['id'], filter: "v <> 'internal'" },
  };
  const config = lineConfig(database, server, { tables });
  await using line = startLine(config);
  await insertRows(database, 1, 30);
  await client.query(`UPDATE t SET v = 'internal' WHERE id > 20`);
  await drained(database);
  for (const limits of [{}, { rowsPerWindow: 5 }])
    expect(facts(await verified(database, config, { limits }))).toEqual({
      rows: 20,
      records: 20,
      ...NONE,
      excused: {},
    });
  using index = intruder(server);
  await index.put({ objectID: '25', v: 'internal' });
  expect(facts(await verified(database, config, { repairs: true }))).toMatchObject({ counts: [0, 1, 0, 1] });
  await line.stop();
});

test('a table that is not published, or not there', async () => {
  await using database = await createDatabase();
  const { client, publication } = database;
  await createLog(database);
  await using server = await startIndex();
  const config = lineConfig(database, server, { tables: TABLES });
  await client.query(`ALTER PUBLICATION "${publication}" DROP TABLE t`);
  await expect(verified(database, config)).rejects.toMatchObject({ exitCode: 78, message: /not published/ });
  await client.query('DROP TABLE t');
  await expect(verified(database, config)).rejects.toMatchObject({ exitCode: 78, message: /not there/ });
});

test('as a role that may read the mapped columns, and nothing else', async () => {
  await using database = await createDatabase();
  const { client, name, publication } = database;
  const role = `${name}_run`;
  await client.query('CREATE TABLE t (id int8 PRIMARY KEY, v text, secret text)');
  await client.query(`CREATE PUBLICATION "${publication}" FOR TABLE t`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [database.slot]);
  await client.query(
    `CREATE ROLE ${role} LOGIN REPLICATION PASSWORD 'p'; GRANT SELECT (id, v) ON t TO ${role}`,
  );
  try {
    await using server = await startIndex();
    const url = new URL(database.url);
    url.username = role;
    url.password = 'p';
    const tables: ConfigInput['tables'] = {
      'public.t': { index: 't', objectID: ['id'], attributes: { id: 'id', v: 'v' } },
    };
    const config = { ...lineConfig(database, server, { tables }), postgres: { url: url.href } };
    await using line = startLine(config);
    await client.query(`INSERT INTO t SELECT i, 'v' FROM generate_series(1, 30) i`);
    await drained(database);
    using index = intruder(server);
    await index.remove('4');
    await index.alter('5', { v: 'altered' });
    const own = { ...database, url: url.href };
    for (const limits of [{}, { rowsPerWindow: 5 }])
      expect(facts(await verified(own, config, { limits })).listed).toEqual(['differing 5 v', 'missing 4']);
    expect((await verified(own, config, { repairs: true })).repaired).toBe(2);
    await line.stop();
  } finally {
    await client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  }
});
