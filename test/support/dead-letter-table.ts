import { DEAD_LETTERS } from '../../src/database/dead-letters/dead-letter-plan.ts';
import { planOwnTable } from '../../src/database/own-tables/own-table-plan.ts';
import type { TestDatabase } from './postgres.ts';

/** As setup makes the table, for the role that asks. */
export async function createDeadLetterTable({ client }: Pick<TestDatabase, 'client'>): Promise<void> {
  const { rows } = await client.query<{ role: string }>('SELECT current_user::text AS role');
  for (const sql of await planOwnTable(client, DEAD_LETTERS, rows[0]?.role ?? '')) await client.query(sql);
}
