import { nameOf, type OwnTable } from './own-table-plan.ts';

/**
 * Who was erased, by digests of what stands in rows and records, never in clear; and the trace of the erasure. A pipeline heeds all rows,
 * of whichever slot, and sweeps its index for those of its own. `finished_at` is NULL while that is going on.
 */
export const ERASED_ACTORS: OwnTable = {
  name: 'erased_actor',
  columns: [
    ['id', 'bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY'],
    ['slot_name', 'text NOT NULL'],
    ['digest', 'text NOT NULL'],
    ['more_digests', `text[] NOT NULL DEFAULT '{}'`],
    ['erased_at', 'timestamptz NOT NULL DEFAULT now()'],
    ['erased_by', 'text NOT NULL DEFAULT session_user'],
    ['tables', `text[] NOT NULL DEFAULT '{}'`],
    ['records', 'bigint NOT NULL DEFAULT 0'],
    ['dead_letters', 'bigint NOT NULL DEFAULT 0'],
    ['asked_at', 'timestamptz NOT NULL DEFAULT now()'],
    ['finished_at', 'timestamptz'],
  ],
  indexes: { erased_actor_key: '(slot_name, digest)' },
  rights: ['SELECT', 'INSERT', 'UPDATE'],
};

export const ERASED_ACTOR_TABLE = nameOf(ERASED_ACTORS);
