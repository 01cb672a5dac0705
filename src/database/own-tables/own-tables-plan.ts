import type { Client } from 'pg';
import { BOOKMARKS } from '../bookmarks/bookmark-plan.ts';
import { DEAD_LETTERS } from '../dead-letters/dead-letter-plan.ts';
import { BACKFILLS } from './backfill-plan.ts';
import { ERASED_ACTORS } from './erased-actor-plan.ts';
import { planOwnTable } from './own-table-plan.ts';
import { RECOVERIES } from './recovery-plan.ts';
import { RETENTION_FLOORS } from './retention-floor-plan.ts';
import { SLOT_PROGRESS } from './slot-progress-plan.ts';
import { VERIFICATIONS } from './verification-plan.ts';

const OWN_TABLES = [
  DEAD_LETTERS,
  ERASED_ACTORS,
  RETENTION_FLOORS,
  BOOKMARKS,
  BACKFILLS,
  VERIFICATIONS,
  SLOT_PROGRESS,
  RECOVERIES,
];

/** What is missing of our own tables; each statement once. */
export async function planOwnTables(
  client: Client,
  role: string,
  maker?: 'somebody else',
): Promise<readonly string[]> {
  const statements = new Set<string>();
  for (const table of OWN_TABLES)
    for (const sql of await planOwnTable(client, table, role, maker)) statements.add(sql);
  return [...statements];
}
