import { randomBytes } from 'node:crypto';
import { Unsettled } from '../../../src/algolia/unsettled.ts';
import { drained } from '../../support/line.ts';
import type { TestDatabase } from '../../support/postgres.ts';

export const tables = { 'public.t': { index: 't', objectID: ['id'] } };

/** 20 kB that no compression makes small enough to stay in the row. */
export const large = (): string => randomBytes(10_000).toString('hex');

export async function createSlot({ client, slot }: TestDatabase): Promise<void> {
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
}

export async function ask({ client }: TestDatabase, objectIDs: readonly string[]): Promise<void> {
  const content = JSON.stringify({ refresh: { table: 'public.t', objectIDs } });
  await client.query(`SELECT pg_logical_emit_message(true, 'wal2algolia', $1)`, [content]);
}

/** All that was committed is confirmed; rejects with what ended the pipeline before. */
export async function settled(
  line: { readonly ended: Promise<void> },
  database: TestDatabase,
): Promise<void> {
  await Promise.race([line.ended, drained(database)]);
}

/** The time in which a late copy may come ends when the test says so. */
export class TestedUnsettled extends Unsettled {
  timeIsUp = false;

  override due(nowMs: number) {
    return super.due(this.timeIsUp ? Number.POSITIVE_INFINITY : nowMs);
  }
}
