import { DeadLettersUnwritableError, SessionLostError, Wal2AlgoliaError } from '../../errors.ts';
import { postgresFailure, sqlState } from '../failures.ts';
import { DEAD_LETTER_TABLE } from './dead-letter-plan.ts';

/** Codes whose texts name tables, files and limits, and no values. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const REMEDIES: readonly (readonly [code: RegExp, remedy: string])[] = [
  // No such table, schema, column or unique index.
  [/^(42P01|3F000|42703|42P10)$/, 'Run `wal2algolia setup`, which makes what is missing.'],
  [
    /^42501$/,
    "Run `wal2algolia setup` with an owner's connection: it grants the role of `run` what it lacks.",
  ],
  // Disk full, out of memory, a limit of the program, an I/O error.
  [/^(53100|53200|54|58)/, 'Make room on the database server, or mend its disk.'],
];

/**
 * Connection trouble, a lost race, an administrator's or the server's own ending, a lock that somebody else holds, a server that has become a
 * standby or has given up on a transaction that stood still.
 */
const PASSING = /^(08|25|40|53300|55P03|57)/;

const OTHERWISE = `Somebody has changed ${DEAD_LETTER_TABLE}. Compare it with what \`wal2algolia setup --dry-run\` prints for an empty database; or rename it, and run setup.`;

/** What it means that the dead letters could not be read or written. Never holds a value of a row. */
export function deadLetterFailure(error: unknown): Wal2AlgoliaError {
  const code = sqlState(error);
  if (code === undefined || error instanceof Wal2AlgoliaError) return postgresFailure(error, 'dead letters');
  const text = error instanceof Error ? error.message : '';
  if (PASSING.test(code)) return new SessionLostError(`dead letters: ${text}`, { cause: error });
  const known = REMEDIES.find(([codes]) => codes.test(code));
  // What a constraint or a trigger says may hold the row.
  if (known === undefined) return unwritable(`SQLSTATE ${code}`, { remedy: OTHERWISE });
  return unwritable(text, { cause: error, remedy: known[1] });
}

function unwritable(
  why: string,
  options: { readonly cause?: unknown; readonly remedy: string },
): DeadLettersUnwritableError {
  return new DeadLettersUnwritableError(`${DEAD_LETTER_TABLE} cannot be written: ${why}`, options);
}
