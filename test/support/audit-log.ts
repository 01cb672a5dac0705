import { readFile } from 'node:fs/promises';
import type { TestDatabase } from './postgres.ts';

/** Our `audit_log` as it is shipped, with a publication that follows inserts, updates and deletes, and a slot. */
export async function createAuditLog({ client, publication, slot }: TestDatabase): Promise<void> {
  await client.query(await readFile('postgres/audit-log.sql', 'utf8'));
  await client.query(
    `CREATE PUBLICATION "${publication}" FOR TABLE audit_log WITH (publish = 'insert, update, delete')`,
  );
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
}
