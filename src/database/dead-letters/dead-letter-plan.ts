import { nameOf, type OwnTable } from '../own-tables/own-table-plan.ts';

/** By a digest: an objectID may be longer than an entry of a B-tree. https://www.postgresql.org/docs/current/btree.html */
export const RECORD_KEY = '(slot_name, index_name, md5(object_id)) WHERE object_id IS NOT NULL';
export const PLACE_KEY = '(slot_name, table_name, lsn, place) WHERE object_id IS NULL';

/**
 * `record` is the JSON text as it would have been sent; text, since nothing about it may make the insert fail. `record::jsonb` is for
 * people. `object_id` is NULL where the key itself is what is wrong; then `lsn` and `place` say which row it is.
 */
export const DEAD_LETTERS: OwnTable = {
  name: 'dead_letter',
  columns: [
    ['id', 'bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY'],
    ['slot_name', 'text NOT NULL'],
    ['table_name', 'text NOT NULL'],
    ['index_name', 'text NOT NULL'],
    ['object_id', 'text'],
    ['action', 'text NOT NULL'],
    ['lsn', 'pg_lsn'],
    ['committed_at', 'timestamptz'],
    ['place', 'int'],
    ['reason', 'text NOT NULL'],
    ['message', 'text NOT NULL'],
    ['http_status', 'int'],
    ['attempts', 'int NOT NULL DEFAULT 1'],
    ['first_failed_at', 'timestamptz NOT NULL DEFAULT now()'],
    ['last_failed_at', 'timestamptz NOT NULL DEFAULT now()'],
    ['record', 'text'],
  ],
  indexes: { dead_letter_record_key: RECORD_KEY, dead_letter_place_key: PLACE_KEY },
  rights: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
};

export const DEAD_LETTER_TABLE = nameOf(DEAD_LETTERS);
