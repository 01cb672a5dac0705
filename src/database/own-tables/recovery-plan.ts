import { nameOf, type OwnTable } from './own-table-plan.ts';

/**
 * The roads back after lost slots, one row each. `confirmed_*` is where the old slot stood, NULL where nobody knows; `new_*` where the new one
 * began. `step` is what comes next; `finished_at` is NULL until table and index were found to agree.
 */
export const RECOVERIES: OwnTable = {
  name: 'recovery',
  columns: [
    ['id', 'bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY'],
    ['slot_name', 'text NOT NULL'],
    ['reason', 'text NOT NULL'],
    ['confirmed_lsn', 'pg_lsn'],
    ['confirmed_at', 'timestamptz'],
    ['since', 'timestamptz'],
    ['new_lsn', 'pg_lsn'],
    ['new_at', 'timestamptz'],
    ['step', `text NOT NULL DEFAULT 'slot'`],
    ['tables_begun', `text[] NOT NULL DEFAULT '{}'`],
    ['tables_done', `text[] NOT NULL DEFAULT '{}'`],
    ['started_at', 'timestamptz NOT NULL DEFAULT now()'],
    ['started_by', 'text NOT NULL DEFAULT session_user'],
    ['finished_at', 'timestamptz'],
  ],
  indexes: { recovery_open_key: '(slot_name) WHERE finished_at IS NULL' },
  rights: ['SELECT', 'INSERT', 'UPDATE'],
};

export const RECOVERY_TABLE = nameOf(RECOVERIES);
