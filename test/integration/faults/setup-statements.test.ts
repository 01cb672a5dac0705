import { expect, test } from 'vitest';
import { setUpDatabase } from '../../../src/database/setup.ts';
import { createDatabase } from '../../support/postgres.ts';

const cases: Record<
  string,
  { ddl: string; table?: string; statements: readonly string[]; objectID?: string[] }
> = {
  'a deferrable primary key': {
    ddl: 'CREATE TABLE t (id int PRIMARY KEY DEFERRABLE, v int); INSERT INTO t VALUES (1, 1)',
    statements: ['UPDATE t SET v = 2', 'DELETE FROM t'],
  },
  'a partitioned table with REPLICA IDENTITY FULL whose partitions have none': {
    ddl: `CREATE TABLE t (id int, v int) PARTITION BY RANGE (id); CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (100);
      ALTER TABLE t REPLICA IDENTITY FULL; INSERT INTO t VALUES (1, 1)`,
    statements: ['UPDATE t SET v = 2', 'DELETE FROM t'],
  },
  'a partition with REPLICA IDENTITY FULL below a table with a primary key': {
    ddl: `CREATE TABLE t (id int PRIMARY KEY, v int) PARTITION BY RANGE (id); CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (100);
      ALTER TABLE t1 REPLICA IDENTITY FULL; INSERT INTO t VALUES (1, 1)`,
    statements: ['UPDATE t SET v = 2', 'DELETE FROM t'],
  },
  'a generated column in the primary key': {
    ddl: `CREATE TABLE t (id int, g int GENERATED ALWAYS AS (id * 2) STORED, v int, PRIMARY KEY (id, g)); INSERT INTO t VALUES (1, default, 1)`,
    statements: ['UPDATE t SET v = 2', 'DELETE FROM t'],
  },
  'a table with children by inheritance': {
    ddl: `CREATE TABLE t (id int PRIMARY KEY, v int); CREATE TABLE child () INHERITS (t); INSERT INTO t VALUES (1, 1); INSERT INTO child VALUES (2, 2)`,
    statements: ['UPDATE t SET v = 2', 'DELETE FROM t'],
  },
  'strange names': {
    ddl: `CREATE TABLE "We""ird.Täble 🦊" ("Id;--" int PRIMARY KEY, "v'" int); INSERT INTO "We""ird.Täble 🦊" VALUES (1, 1)`,
    table: 'public.We"ird.Täble 🦊',
    objectID: ['Id;--'],
    statements: [`UPDATE "We""ird.Täble 🦊" SET "v'" = 2`],
  },
};

test.each(Object.entries(cases))(
  'after setup of %s, the statements of the application go on',
  async (_name, { ddl, table = 'public.t', statements, objectID = ['id'] }) => {
    await using database = await createDatabase();
    await database.client.query(ddl);
    const options = {
      slot: database.slot,
      publications: [database.publication],
      plugin: 'pgoutput',
      tables: new Map([[table, { objectID, columns: undefined }]]),
      runRole: undefined,
    };
    await setUpDatabase(database.url, 'wal2algolia', options, false);
    for (const sql of statements) await database.client.query(sql);
    const again = await setUpDatabase(database.url, 'wal2algolia', options, false);
    expect(again.statements).toEqual([]);
  },
);
