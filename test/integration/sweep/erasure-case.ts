import { ERASED_ACTORS } from '../../../src/database/own-tables/erased-actor-plan.ts';
import { planOwnTable } from '../../../src/database/own-tables/own-table-plan.ts';
import { createDeadLetterTable } from '../../support/dead-letter-table.ts';
import { compareIndex, expectEqual, type IndexAddress } from '../../support/index-comparison.ts';
import { drained } from '../../support/line.ts';
import type { TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';

export const TABLES = { 'public.t': { index: 't', objectID: ['id'] } };
/** Nothing of it may be anywhere but in the table and the WAL. */
export const ACTOR = 'mallory-Ünïcode-4711';

export type Trace = {
  readonly id: string;
  readonly records: string;
  readonly dead_letters: string;
  readonly tables: string[];
  readonly finished_at: Date | null;
};

/** Table `t`, published with all changes, slot, and our own tables as setup makes them. */
export async function createLog(database: TestDatabase): Promise<void> {
  const { client, publication, slot } = database;
  await client.query('CREATE TABLE t (id int PRIMARY KEY, actor_id text, v text)');
  await client.query(`CREATE PUBLICATION "${publication}" FOR TABLE t`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
  await createDeadLetterTable(database);
  await createErasedActorTable(database);
}

export async function createErasedActorTable({ client }: Pick<TestDatabase, 'client'>): Promise<void> {
  const { rows } = await client.query<{ role: string }>('SELECT current_user::text AS role');
  for (const sql of await planOwnTable(client, ERASED_ACTORS, rows[0]?.role ?? '')) await client.query(sql);
}

/** `count` rows from `first` on; every third is the actor's. */
export async function insertRows({ client }: TestDatabase, first: number, count: number): Promise<void> {
  await client.query(
    `INSERT INTO t SELECT i, CASE i % 3 WHEN 0 THEN $3 ELSE 'user-' || i % 7 END, 'row ' || i FROM generate_series($1::int, $1::int + $2::int - 1) i`,
    [first, count, ACTOR],
  );
}

export async function traces({ client }: TestDatabase): Promise<Trace[]> {
  return (await client.query<Trace>('SELECT * FROM wal2algolia.erased_actor ORDER BY id')).rows;
}

/** Resolves with the first trace once it is finished. */
export function erased(database: TestDatabase): Promise<Trace> {
  return waitFor(async () => (await traces(database)).find(({ finished_at }) => finished_at !== null), {
    description: 'the erasure to be finished',
  });
}

const indexedSql = (where: string): string =>
  `SELECT id::text AS object_id, to_jsonb(t) || jsonb_build_object('objectID', id::text, 'source_table', 'public.t') AS record
   FROM t WHERE ${where}`;

/** The index holds the rows of all others, whole, and nothing else. */
export async function expectErased(database: TestDatabase, server: IndexAddress, rowsMin = 1): Promise<void> {
  await drained(database);
  const others = indexedSql(`actor_id IS DISTINCT FROM '${ACTOR}'`);
  expectEqual(await compareIndex(database.client, server, 't', others), rowsMin);
}

export async function expectAll(database: TestDatabase, server: IndexAddress): Promise<void> {
  await drained(database);
  expectEqual(await compareIndex(database.client, server, 't', indexedSql('true')));
}
