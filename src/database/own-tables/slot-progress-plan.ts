import { nameOf, type OwnTable } from './own-table-plan.ts';

/**
 * How far a slot had come when that was last noted, by position and time: what began before `confirmed_at` and could be seen then is
 * confirmed. A slot that is lost tells its position at most, and one that is gone not even that. `tables` says what whoever held it wrote
 * where at `tables_at`, for commands of another configuration: from the beginning of a session on, when nothing else may be known, and `confirmed_at` is -infinity; `system_id` and `timeline`, of which history of the server all that is true.
 */
export const SLOT_PROGRESS: OwnTable = {
  name: 'slot_progress',
  columns: [
    ['slot_name', 'text NOT NULL'],
    ['confirmed_lsn', 'pg_lsn NOT NULL'],
    ['confirmed_at', 'timestamptz NOT NULL'],
    ['noted_at', 'timestamptz NOT NULL DEFAULT now()'],
    ['tables', 'jsonb'],
    ['system_id', 'text'],
    ['timeline', 'int'],
    ['tables_at', 'timestamptz'],
  ],
  indexes: { slot_progress_key: '(slot_name)' },
  rights: ['SELECT', 'INSERT', 'UPDATE'],
};

export const SLOT_PROGRESS_TABLE = nameOf(SLOT_PROGRESS);
