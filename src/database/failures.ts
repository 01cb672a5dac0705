import {
  GapError,
  PreconditionError,
  ProtocolError,
  SessionLostError,
  SlotInUseError,
  Wal2AlgoliaError,
} from '../errors.ts';

/** SQLSTATEs that decide; texts differ between versions. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const OBJECT_IN_USE = '55006';
const OBJECT_NOT_IN_PREREQUISITE_STATE = '55000';
const UNDEFINED_OBJECT = '42704';
const UNDEFINED_TABLE = '42P01';
const INVALID_SCHEMA_NAME = '3F000';
const INSUFFICIENT_PRIVILEGE = '42501';
const UNDEFINED_FILE = '58P01';
const PROGRAM_LIMIT_EXCEEDED = '54000';
const INTERNAL_ERROR = 'XX000';

const TOO_LARGE_REMEDY =
  "As text a row can have 1 GB, a bytea half of that. Take the column out of the publication's column list for rows to come. What is in the WAL already stays as it is: let the slot pass it with pg_replication_slot_advance, and let `wal2algolia verify --repair` find what is missing then.";

/** Data exceptions, violated constraints, what functions raise: their texts quote values of rows. */
const VALUE_TEXTS = /^(22|23|P0)/;

const CANNOT_LOG_IN: Readonly<Record<string, string>> = {
  '28P01': 'Check user and password in the connection URL.',
  '28000': 'Check the role, and that pg_hba.conf lets it connect to this database from here.',
  '3D000': 'Check the database name in the connection URL.',
  '42501': "Grant the role what is missing; `wal2algolia setup` with an owner's connection does it.",
  '22023': 'Check the options in the connection URL.',
  '42601': 'Check the options in the connection URL.',
};

/**
 * What an error of Postgres or of its connection means for us. Errors that are already ours pass; what is
 * not understood on a connection is taken for a lost one, what the server says and we do not know stops.
 */
export function postgresFailure(error: unknown, doing: string): Wal2AlgoliaError {
  if (error instanceof Wal2AlgoliaError) return error;
  if (error instanceof TypeError || error instanceof RangeError) {
    return new ProtocolError(`${doing}: an unexpected failure`, { cause: error });
  }
  const code = sqlState(error);
  const text = error instanceof Error ? error.message : 'unknown failure';
  if (code === undefined) return connectionFailure(error, `${doing}: ${connectionText(error, text)}`);
  if (code === OBJECT_IN_USE) return new SlotInUseError(`${doing}: ${text}`, { cause: error });
  if (code === OBJECT_NOT_IN_PREREQUISITE_STATE) {
    return new GapError(`${doing}: ${text}`, {
      cause: error,
      remedy:
        'The slot can no longer be read, and rows in between are missing: `wal2algolia recover --yes` is the road back (docs/recovery.md).',
    });
  }
  if (code === UNDEFINED_OBJECT) {
    return new GapError(`${doing}: ${text}`, {
      cause: error,
      remedy:
        'The publication was dropped, or is younger than the slot, which then cannot be read. Rows in between are missing: drop the slot, then `wal2algolia recover --yes` makes another and loads them (docs/recovery.md).',
    });
  }
  // A missing segment of the WAL has the same code; the name of the library stands in the text of every language.
  if (code === UNDEFINED_FILE && text.includes('wal2json')) {
    return new PreconditionError(`${doing}: ${text}`, {
      cause: error,
      remedy:
        'The server has no wal2json: install it for its major version (Debian and Ubuntu: postgresql-NN-wal2json), or use the plugin pgoutput (`replication.plugin`).',
    });
  }
  const place = decodedLsn(error);
  if (place !== undefined && isTooLarge(code, text)) {
    return new GapError(`${doing}: Postgres cannot send the row at ${place}: ${text}`, {
      cause: error,
      remedy: TOO_LARGE_REMEDY,
    });
  }
  if (VALUE_TEXTS.test(code) && !(code in CANNOT_LOG_IN && place === undefined)) {
    return new ProtocolError(`${doing}: Postgres fails at a value with SQLSTATE ${code}`, {
      remedy:
        'The log of the server says more. Look for a row filter of the publication, or a type, that fails for some values.',
    });
  }
  if (isDropped(code, text) && place === undefined) {
    return new SessionLostError(`${doing}: something was dropped meanwhile: ${text}`, { cause: error });
  }
  const remedy = CANNOT_LOG_IN[code];
  if (remedy !== undefined) return new PreconditionError(`${doing}: ${text}`, { cause: error, remedy });
  if (isTransient(code)) return new SessionLostError(`${doing}: ${text}`, { cause: error });
  return new ProtocolError(`${doing}: ${text} (SQLSTATE ${code})`, { cause: error });
}

/** Without an SQLSTATE it is the network or TLS or pg itself; what no waiting mends is told from the rest. */
function connectionFailure(error: unknown, message: string): Wal2AlgoliaError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (/TLS|SSL|CERT|SIGNATURE/.test(code) || /does not support SSL/.test(message)) {
    return new PreconditionError(message, {
      cause: error,
      remedy:
        'Check `sslmode` in the connection URL, and that this host trusts the certificate of the server (`sslrootcert`).',
    });
  }
  // A file that the URL names: sslrootcert, sslcert or sslkey.
  if (error instanceof Error && 'syscall' in error && error.syscall === 'open') {
    return new PreconditionError(message, {
      cause: error,
      remedy: 'Check the files that the connection URL names.',
    });
  }
  if (/client password must be/.test(message)) {
    return new PreconditionError(message, {
      cause: error,
      remedy: 'The server asks for a password: give one in the connection URL.',
    });
  }
  return new SessionLostError(message, { cause: error });
}

/** Where logical decoding stood; its context ends with that in every language. */
function decodedLsn(error: unknown): string | undefined {
  const context = error instanceof Error && 'where' in error ? String(error.where) : '';
  return /\b[0-9A-F]{1,8}\/[0-9A-F]{1,8}\b/.exec(context)?.[0];
}

/**
 * A value whose text has more than 1 GB, or a row that has: the second has a code of its own, the first is an internal error, whose text
 * is in English always. https://github.com/postgres/postgres/blob/REL_18_STABLE/src/include/utils/memutils.h (MaxAllocSize)
 */
function isTooLarge(code: string, text: string): boolean {
  return (
    code === PROGRAM_LIMIT_EXCEEDED || (code === INTERNAL_ERROR && /^invalid memory alloc request/.test(text))
  );
}

/**
 * What lists the tables of a publication opens each of them, and fails at one that is gone by then, as a plan does at an index; asked again it knows. What was
 * dropped and is still to be described is not in the catalog. In English always.
 * https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/catalog/pg_publication.c (pg_get_publication_tables)
 */
function isDropped(code: string, text: string): boolean {
  return code === INTERNAL_ERROR && /^(could not open relation with OID|cache lookup failed for) /.test(text);
}

/**
 * Connection trouble (08), lack of resources (53), an operator's or the server's own ending (57), a statement that lost (40, 55P03), I/O (58), and a
 * transaction that took too long (25P03, 25P04), as that of a process that was frozen does: the server ends its session.
 */
function isTransient(code: string): boolean {
  return /^(08|40|53|57|58)/.test(code) || ['55P03', '25P03', '25P04'].includes(code);
}

/** Whether there is no such table or schema, or not for this role. */
export function lacksTable(error: unknown): boolean {
  return [UNDEFINED_TABLE, INVALID_SCHEMA_NAME, INSUFFICIENT_PRIVILEGE].includes(sqlState(error) ?? '');
}

/** Of an error that the server sent; undefined for any other. */
export function sqlState(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' &&
    /^[0-9A-Z]{5}$/.test(code) &&
    error instanceof Error &&
    'severity' in error
    ? code
    : undefined;
}

function connectionText(error: unknown, text: string): string {
  // Trying several addresses gives an AggregateError with an empty message.
  if (error instanceof AggregateError) return error.errors.map((each: Error) => each.message).join('; ');
  return text;
}
