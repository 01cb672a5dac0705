import type { Client } from 'pg';
import { lookAtOwnTable, nameOf, type OwnTable, planOwnTable } from './own-table-plan.ts';

/** What came of comparing a table with its index for the last time, by the holder of a slot. */
const VERIFICATIONS: OwnTable = {
  name: 'verification',
  columns: [
    ['slot_name', 'text NOT NULL'],
    ['table_name', 'text NOT NULL'],
    ['finished_at', 'timestamptz NOT NULL'],
    ['counts', 'jsonb NOT NULL'],
  ],
  indexes: { verification_key: '(slot_name, table_name)' },
  rights: ['SELECT', 'INSERT', 'UPDATE'],
};

export const VERIFICATION_TABLE = nameOf(VERIFICATIONS);

/** What is missing for the role to keep results. */
export function planVerifications(
  client: Client,
  role: string,
  maker?: 'somebody else',
): Promise<readonly string[]> {
  return planOwnTable(client, VERIFICATIONS, role, maker);
}

export function lookAtVerifications(client: Client): ReturnType<typeof lookAtOwnTable> {
  return lookAtOwnTable(client, VERIFICATIONS);
}
