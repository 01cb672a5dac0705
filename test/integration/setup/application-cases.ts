/** Tables as applications have them, with what the application does to them all day. */
export type ApplicationCase = {
  readonly ddl: string;
  readonly table?: string;
  readonly objectID?: readonly string[];
  readonly statements?: readonly string[];
  /** What setup is expected to publish of them. */
  readonly publishes: 'inserts' | 'changes';
};

export const EVERY_DAY = [
  'INSERT INTO t VALUES (3, 3)',
  'UPDATE t SET v = v + 10',
  'UPDATE t SET id = id + 10',
  'DELETE FROM t WHERE id = 11',
  'INSERT INTO t VALUES (4, 4) ON CONFLICT DO NOTHING',
  'TRUNCATE t',
];

const WITHOUT_CONFLICTS = EVERY_DAY.filter((sql) => !sql.includes('ON CONFLICT'));
const ROWS = 'INSERT INTO t VALUES (1, 1), (2, 2)';
const PARTITIONED =
  'CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10); CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (10) TO (100)';

export const applicationCases: Readonly<Record<string, ApplicationCase>> = {
  'no primary key': { ddl: `CREATE TABLE t (id int, v int); ${ROWS}`, publishes: 'inserts' },
  'a primary key': { ddl: `CREATE TABLE t (id int PRIMARY KEY, v int); ${ROWS}`, publishes: 'changes' },
  'REPLICA IDENTITY NOTHING': {
    ddl: `CREATE TABLE t (id int PRIMARY KEY, v int); ALTER TABLE t REPLICA IDENTITY NOTHING; ${ROWS}`,
    publishes: 'inserts',
  },
  'REPLICA IDENTITY FULL and no key': {
    ddl: `CREATE TABLE t (id int, v int); ALTER TABLE t REPLICA IDENTITY FULL; ${ROWS}`,
    publishes: 'changes',
  },
  'an identity index on another column': {
    ddl: `CREATE TABLE t (id int, v int NOT NULL); CREATE UNIQUE INDEX i ON t (v); ALTER TABLE t REPLICA IDENTITY USING INDEX i; ${ROWS}`,
    publishes: 'inserts',
  },
  'an identity index': {
    ddl: `CREATE TABLE t (id int NOT NULL, v int); CREATE UNIQUE INDEX i ON t (id); ALTER TABLE t REPLICA IDENTITY USING INDEX i; ${ROWS}`,
    publishes: 'changes',
  },
  'an identity index that was dropped': {
    ddl: `CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL); CREATE UNIQUE INDEX i ON t (id); ALTER TABLE t REPLICA IDENTITY USING INDEX i;
      DROP INDEX i; ${ROWS}`,
    publishes: 'inserts',
  },
  'partitions of which one has no identity': {
    ddl: `CREATE TABLE t (id int PRIMARY KEY, v int) PARTITION BY RANGE (id); ${PARTITIONED};
      ALTER TABLE t2 REPLICA IDENTITY NOTHING; ${ROWS}`,
    publishes: 'inserts',
  },
  'partitions of which one was attached without a key of its own': {
    ddl: `CREATE TABLE t (id int NOT NULL, v int) PARTITION BY RANGE (id); CREATE TABLE t1 (id int PRIMARY KEY, v int);
      ALTER TABLE t ATTACH PARTITION t1 FOR VALUES FROM (0) TO (10); CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (10) TO (100); ${ROWS}`,
    publishes: 'inserts',
  },
  'partitions with the key of their root': {
    ddl: `CREATE TABLE t (id int PRIMARY KEY, v int) PARTITION BY RANGE (id); ${PARTITIONED}; ${ROWS}`,
    publishes: 'changes',
  },
  'partitions of partitions, the innermost without identity': {
    ddl: `CREATE TABLE t (id int PRIMARY KEY, v int) PARTITION BY RANGE (id);
      CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (100) PARTITION BY RANGE (id);
      CREATE TABLE t11 PARTITION OF t1 FOR VALUES FROM (0) TO (100); ALTER TABLE t11 REPLICA IDENTITY NOTHING; ${ROWS}`,
    publishes: 'inserts',
  },
  'a partition with another order of columns': {
    ddl: `CREATE TABLE t (id int PRIMARY KEY, v int) PARTITION BY RANGE (id); CREATE TABLE t1 (v int, junk int, id int NOT NULL);
      ALTER TABLE t1 DROP junk; ALTER TABLE t ATTACH PARTITION t1 FOR VALUES FROM (0) TO (100); ${ROWS}`,
    publishes: 'changes',
  },
  'partitions without identity below a root with REPLICA IDENTITY FULL': {
    ddl: `CREATE TABLE t (id int, v int) PARTITION BY RANGE (id); ${PARTITIONED}; ALTER TABLE t REPLICA IDENTITY FULL; ${ROWS}`,
    statements: WITHOUT_CONFLICTS,
    publishes: 'inserts',
  },
  'a partition with REPLICA IDENTITY FULL below a root with a primary key': {
    ddl: `CREATE TABLE t (id int PRIMARY KEY, v int) PARTITION BY RANGE (id); ${PARTITIONED};
      ALTER TABLE t1 REPLICA IDENTITY FULL; ${ROWS}`,
    publishes: 'inserts',
  },
  'children by inheritance that have no identity': {
    ddl: `CREATE TABLE t (id int PRIMARY KEY, v int); CREATE TABLE child () INHERITS (t); ${ROWS}; INSERT INTO child VALUES (5, 5)`,
    publishes: 'changes',
  },
  'a deferrable primary key': {
    ddl: `CREATE TABLE t (id int PRIMARY KEY DEFERRABLE, v int); ${ROWS}`,
    statements: WITHOUT_CONFLICTS,
    publishes: 'inserts',
  },
  'a generated column in the primary key': {
    ddl: `CREATE TABLE t (id int, v int, g int GENERATED ALWAYS AS (id * 2) STORED, PRIMARY KEY (id, g)); ${ROWS}`,
    publishes: 'inserts',
  },
  'names that need quoting': {
    ddl: `CREATE SCHEMA "App Ünï"; CREATE TABLE "App Ünï"."We""ird Täble 🦊" ("Id;--" int PRIMARY KEY, "v'" int);
      INSERT INTO "App Ünï"."We""ird Täble 🦊" VALUES (1, 1)`,
    table: 'App Ünï.We"ird Täble 🦊',
    objectID: ['Id;--'],
    statements: [`UPDATE "App Ünï"."We""ird Täble 🦊" SET "v'" = 2`],
    publishes: 'changes',
  },
};
