import type { Client } from 'pg';
import { postgresFailure } from '../failures.ts';
import { ERASED_ACTOR_TABLE, ERASED_ACTORS } from './erased-actor-plan.ts';
import { lookAtOwnTable } from './own-table-plan.ts';

/** A text that is another one once somebody was added to the list of the erased, for whatever slot; empty where there is no list. */
export async function readErasureMark(client: Client): Promise<string> {
  try {
    const { isThere, isReadable } = await lookAtOwnTable(client, ERASED_ACTORS);
    if (!isThere || !isReadable) return '';
    const { rows } = await client.query<{ mark: string }>(
      `SELECT concat_ws(' ', max(id), max(asked_at)) AS mark FROM ${ERASED_ACTOR_TABLE}`,
    );
    return rows[0]?.mark ?? '';
  } catch (error) {
    throw postgresFailure(error, 'reading who is erased');
  }
}
