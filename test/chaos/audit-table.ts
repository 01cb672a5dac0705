import { readFile } from 'node:fs/promises';
import {
  compareIndex,
  expectEqual,
  expectedAuditLog,
  type IndexAddress,
} from '../support/index-comparison.ts';
import type { TestDatabase } from '../support/postgres.ts';

type Audited = Pick<TestDatabase, 'client' | 'slot' | 'publication'>;

/** The audit log as the project ships it, with a column that counts a row's changes; its publication, and the slot. */
export async function createAuditLog(
  { client, slot, publication }: Audited,
  publish = 'insert, update, delete',
): Promise<void> {
  await client.query(await readFile('postgres/audit-log.sql', 'utf8'));
  await client.query('ALTER TABLE audit_log ADD revision int NOT NULL DEFAULT 0');
  await client.query(`CREATE PUBLICATION "${publication}" FOR TABLE audit_log WITH (publish = '${publish}')`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
}

/** Adds that many rows as one transaction. */
export async function insertRows({ client }: Pick<TestDatabase, 'client'>, count: number): Promise<void> {
  await client.query(
    `INSERT INTO audit_log (action, metadata)
     SELECT 'report.renamed', jsonb_build_object('n', g, 'text', repeat('x', 100)) FROM generate_series(1, $1) g`,
    [count],
  );
}

/** Fails with the first differences unless the index holds exactly what the table does. */
export async function expectIndexEqualsTable(
  { client }: Pick<TestDatabase, 'client'>,
  server: IndexAddress,
  rowsMin: number,
): Promise<void> {
  expectEqual(await compareIndex(client, server, 'audit_log', expectedAuditLog()), rowsMin);
}
