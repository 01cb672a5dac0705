import { PreconditionError, UsageError } from '../../errors.ts';
import { postgresFailure, sqlState } from '../failures.ts';
import type { RowScope } from './row-scope.ts';

/** Data exceptions, and what a function raises: their texts quote values of rows. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const AT_A_VALUE = /^(21|22|P0)/;
/** Syntax, names, rights on what is no table, a change by what may only read, a parameter where there are none. */
const ABOUT_THE_TEXT = /^(42|25006|08P01)/;

export function absentTable(table: string): PreconditionError {
  return new PreconditionError(`table ${table} is not there, or not published`, {
    remedy: 'Run `wal2algolia setup`, or correct its name under `tables`.',
  });
}

/** Why the keys of a table cannot be read: what an operator wrote is theirs to mend; what Postgres says of a value is not repeated. */
export function keyFailure(
  error: unknown,
  { table, scope }: { readonly table: string; readonly scope: RowScope },
): unknown {
  const code = sqlState(error) ?? '';
  const text = error instanceof Error ? error.message : '';
  if (code === '42501')
    return new PreconditionError(`${table}: ${text}`, {
      cause: error,
      remedy:
        'Run `wal2algolia setup`, which grants the role of `run` SELECT on the columns; one that --where names it may need as well, and BYPASSRLS where row security filters it.',
    });
  if (scope.where !== undefined && AT_A_VALUE.test(code))
    return new UsageError(`${table}: --where fails at a value of some row, with SQLSTATE ${code}`, {
      remedy:
        'Write it so that it holds for every row, such as by CASE or nullif. How far it has come is kept, for the same condition.',
    });
  if (ABOUT_THE_TEXT.test(code))
    return new UsageError(`${table}: the keys cannot be read: ${text}`, {
      cause: error,
      remedy:
        'Look at --where, which is SQL over the columns of the table, with the schema before names that are not of Postgres itself, and at the columns of objectID, which must have an order.',
    });
  return postgresFailure(error, `reading the keys of ${table}`);
}
