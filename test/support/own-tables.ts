import { planOwnTables } from '../../src/database/own-tables/own-tables-plan.ts';
import type { TestDatabase } from './postgres.ts';

/** As setup makes them, for the role that asks. */
export async function createOwnTables({ client }: Pick<TestDatabase, 'client'>): Promise<void> {
  const { rows } = await client.query<{ role: string }>('SELECT current_user::text AS role');
  for (const sql of await planOwnTables(client, rows[0]?.role ?? '')) await client.query(sql);
}
