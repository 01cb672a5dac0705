import type { MappedRecord, TransformFunction } from '../../../src/config/transform-schema.ts';
import type { AlgoliaServer } from '../../../src/local/algolia/server.ts';
import { createDeadLetterTable } from '../../support/dead-letter-table.ts';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { lineConfig, startLine } from '../../support/line.ts';
import type { TestDatabase } from '../../support/postgres.ts';

/** Keeps rows out whose text says so, and adds an attribute to the others. */
export function loud(record: MappedRecord): object | null {
  const { v } = record;
  if (typeof v === 'string' && v.startsWith('skip')) return null;
  return { ...record, loud: v === null ? null : `${v}!` };
}

/** The same in SQL. */
export const LOUD = `SELECT id::text AS object_id,
    to_jsonb(t) || jsonb_build_object('objectID', id::text, 'source_table', 'public.t', 'loud', v || '!') AS record
  FROM t WHERE v IS NULL OR v NOT LIKE 'skip%'`;

export async function createT(database: TestDatabase, plugin = 'pgoutput'): Promise<void> {
  const { client, publication, slot } = database;
  await client.query('CREATE TABLE t (id int PRIMARY KEY, v text, data jsonb)');
  await client.query('ALTER TABLE t ALTER COLUMN data SET STORAGE EXTERNAL');
  await client.query(`CREATE PUBLICATION "${publication}" FOR TABLE t`);
  await createDeadLetterTable(database);
  await client.query('SELECT pg_create_logical_replication_slot($1, $2)', [slot, plugin]);
}

export async function expectLoud(
  { client }: TestDatabase,
  server: AlgoliaServer,
  rowsMin = 1,
  expected = LOUD,
): Promise<void> {
  expectEqual(await compareIndex(client, server, 't', expected), rowsMin);
}

export const tablesOf = (transform: TransformFunction) => ({ 'public.t': { index: 't', transform } });

export function start(database: TestDatabase, server: AlgoliaServer, transform: TransformFunction) {
  return startLine(lineConfig(database, server, { tables: tablesOf(transform) }));
}
