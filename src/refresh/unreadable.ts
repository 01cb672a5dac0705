import { postgresFailure, sqlState } from '../database/failures.ts';
import { PreconditionError } from '../errors.ts';
import { recoveryOf } from '../failure-policy.ts';
import type { Refresh, Step } from '../records/operations.ts';

/**
 * What becomes of rows that somebody asked for and that cannot be read. `apart`: each half of them is tried by itself. `set-aside`: it is this one row.
 * `ignored`: it is not the rows.
 */
export type Unreadable =
  | { readonly kind: 'apart' }
  | { readonly kind: 'set-aside' | 'ignored'; readonly reason: string };

const INSUFFICIENT_PRIVILEGE = '42501';
/** Names, types, operators: what no key of the table has another way. */
const ABOUT_THE_TABLE = /^42/;
/** Data exceptions, violated constraints, what functions raise, limits, what is damaged: one row may have it and the next one not. */
const AT_A_ROW = /^(22|23|P0|54|XX)/;

/**
 * What anybody may ask for must not stop us; a change that cannot be followed must. Throws what ends the session: for everything that may be
 * otherwise in the next one as well. The table is as it was when it was looked at.
 */
export function unreadable(error: unknown, table: string, refreshes: readonly Refresh[]): Unreadable {
  const code = sqlState(error);
  if (refreshes.some(({ isChange }) => isChange)) throw forChange(error, table);
  if (code === undefined || recoveryOf(postgresFailure(error, 'reading')).action !== 'stop') throw error;
  if (code === INSUFFICIENT_PRIVILEGE) return { kind: 'ignored', reason: 'its role may not read them' };
  if (refreshes.length > 1 && !ABOUT_THE_TABLE.test(code)) return { kind: 'apart' };
  if (!AT_A_ROW.test(code))
    return { kind: 'ignored', reason: `they cannot be read by their keys (SQLSTATE ${code})` };
  return { kind: 'set-aside', reason: `the row cannot be read: Postgres fails with SQLSTATE ${code}` };
}

function forChange(error: unknown, table: string): unknown {
  if (sqlState(error) !== INSUFFICIENT_PRIVILEGE || !(error instanceof Error)) return error;
  return new PreconditionError(
    `${table}: a change cannot be followed without its row, which cannot be read: ${error.message}`,
    {
      cause: error,
      remedy:
        'Run `wal2algolia setup`, which grants the role of `run` SELECT on the columns; a role that row security filters needs BYPASSRLS.',
    },
  );
}

/** In the place of a refresh that is not read. */
export function unread(
  { table, index, objectID, transaction }: Refresh,
  why: Exclude<Unreadable, { readonly kind: 'apart' }>,
): Exclude<Step, Refresh> {
  if (why.kind === 'ignored') return { kind: 'unchanged', index, objectID };
  const { reason: message } = why;
  const problem = 'unreadable-value';
  return {
    kind: 'unfit',
    table,
    index,
    objectID,
    problem,
    message,
    transaction,
    place: undefined,
    record: undefined,
  };
}
