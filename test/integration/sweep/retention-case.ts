import type { ConfigInput } from '../../../src/config/schema.ts';
import { planOwnTable } from '../../../src/database/own-tables/own-table-plan.ts';
import { RETENTION_FLOORS } from '../../../src/database/own-tables/retention-floor-plan.ts';
import { createDeadLetterTable } from '../../support/dead-letter-table.ts';
import { compareIndex, expectEqual, type IndexAddress } from '../../support/index-comparison.ts';
import { drained } from '../../support/line.ts';
import type { TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';

/** What the clock says is far below: floors of the tests stand above it. */
export const TABLES: ConfigInput['tables'] = {
  'public.t': { index: 't', objectID: ['id'], retention: { days: 18_000, sweepPerSecond: 10_000 } },
};

/** Table `t`, published with all changes, slot, and our own tables as setup makes them. */
export async function createLog(database: TestDatabase): Promise<void> {
  const { client, publication, slot } = database;
  await client.query('CREATE TABLE t (id int PRIMARY KEY, occurred_at timestamptz, v text)');
  await client.query(`CREATE PUBLICATION "${publication}" FOR TABLE t`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
  await createDeadLetterTable(database);
  await createFloorTable(database);
}

export async function createFloorTable({ client }: Pick<TestDatabase, 'client'>): Promise<void> {
  const { rows } = await client.query<{ role: string }>('SELECT current_user::text AS role');
  for (const sql of await planOwnTable(client, RETENTION_FLOORS, rows[0]?.role ?? ''))
    await client.query(sql);
}

/** `count` rows from `first` on, an hour apart; every tenth without a time. */
export async function insertRows({ client }: TestDatabase, first: number, count: number): Promise<void> {
  await client.query(
    `INSERT INTO t SELECT i, CASE WHEN i % 10 > 0 THEN ${hourSql('i')} END, 'row ' || i
     FROM generate_series($1::int, $1::int + $2::int - 1) i`,
    [first, count],
  );
}

/** Always with a fraction of six digits, as Postgres prints it. */
export const hourSql = (hour: number | string): string =>
  `timestamptz '2020-01-01 00:00:00.123456+00' + ${hour} * interval '1 hour'`;

/** As an operator would; and has the pipeline look at it. */
export async function setFloor({ client, slot }: TestDatabase, sql: string): Promise<void> {
  await client.query(
    `INSERT INTO wal2algolia.retention_floor VALUES ($1, 'public.t', ${sql})
     ON CONFLICT (slot_name, table_name) DO UPDATE SET floor = excluded.floor`,
    [slot],
  );
  await client.query(`SELECT pg_logical_emit_message(true, 'wal2algolia', '{"erase":{}}')`);
}

export async function floors({ client }: TestDatabase): Promise<unknown[]> {
  return (
    await client.query(
      'SELECT slot_name, table_name, floor::text AS floor, set_at FROM wal2algolia.retention_floor',
    )
  ).rows;
}

const MILLIS = (sql: string): string => `floor(extract(epoch FROM ${sql}) * 1000)::bigint`;

/** The index holds, whole, the rows of this floor or later, and those without a time, and nothing else. */
export async function expectKept(
  database: TestDatabase,
  server: IndexAddress,
  floorSql: string,
  rowsMin = 1,
): Promise<void> {
  const kept = `SELECT id::text AS object_id, jsonb_build_object('objectID', id::text, 'id', id, 'v', v, 'source_table', 'public.t',
      'occurred_at', to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'occurred_at_ms', ${MILLIS('occurred_at')}) AS record
    FROM t WHERE occurred_at IS NULL OR ${MILLIS('occurred_at')} >= ${MILLIS(`(${floorSql})`)}`;
  await drained(database);
  const compare = () => compareIndex(database.client, server, 't', kept);
  await waitFor(
    async () => {
      try {
        expectEqual(await compare(), rowsMin);
        return true;
      } catch {
        return false;
      }
    },
    { description: 'the sweep' },
  ).catch(() => undefined);
  expectEqual(await compare(), rowsMin);
}
