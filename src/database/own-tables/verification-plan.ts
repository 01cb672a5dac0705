import { nameOf, type OwnTable } from './own-table-plan.ts';

/** What came of comparing a table with its index for the last time, by the holder of a slot. */
export const VERIFICATIONS: OwnTable = {
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
