import type { Client } from 'pg';
import { planBackfills } from './backfill-plan.ts';
import { planBookmarks } from './bookmark-plan.ts';
import { planDeadLetters } from './dead-letter-plan.ts';
import { planErasedActors } from './erased-actor-plan.ts';
import { planRecoveries } from './recovery-plan.ts';
import { planRetentionFloors } from './retention-floor-plan.ts';
import { planSlotProgress } from './slot-progress-plan.ts';
import { planVerifications } from './verification-plan.ts';

const PLANS = [
  planDeadLetters,
  planErasedActors,
  planRetentionFloors,
  planBookmarks,
  planBackfills,
  planVerifications,
  planSlotProgress,
  planRecoveries,
];

/** What is missing of our own tables; each statement once. */
export async function planOwnTables(
  client: Client,
  role: string,
  maker?: 'somebody else',
): Promise<readonly string[]> {
  const statements = new Set<string>();
  for (const plan of PLANS) for (const sql of await plan(client, role, maker)) statements.add(sql);
  return [...statements];
}
