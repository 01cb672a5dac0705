/** Exit codes, after sysexits.h where it has one. https://man.openbsd.org/sysexits */
export const EXIT = {
  done: 0,
  usage: 64,
  differences: 65,
  unavailable: 69,
  bug: 70,
  deadline: 75,
  gap: 76,
  configuration: 78,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

type ErrorOptions = { readonly cause?: unknown; readonly remedy?: string };

/** Every error we throw on purpose. `message` says what and where, `remedy` what to do; neither ever holds row values or secrets. */
export abstract class Wal2AlgoliaError extends Error {
  abstract readonly code: string;
  abstract readonly exitCode: ExitCode;
  readonly remedy: string | undefined;

  constructor(message: string, options: ErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = new.target.name;
    this.remedy = options.remedy;
  }
}

/** A command was asked for what there is not. */
export class UsageError extends Wal2AlgoliaError {
  readonly code = 'USAGE';
  readonly exitCode = EXIT.usage;
}

/** The configuration or a mapping is wrong; nothing has been touched. */
export class ConfigError extends Wal2AlgoliaError {
  readonly code = 'CONFIG';
  readonly exitCode = EXIT.configuration;
}

/** A precondition in Postgres or Algolia is not met: a right, a setting, a publication. */
export class PreconditionError extends Wal2AlgoliaError {
  readonly code = 'PRECONDITION';
  readonly exitCode = EXIT.configuration;
}

/** Positions are gone or cannot be trusted: only the operator can decide how to go on. */
export class GapError extends Wal2AlgoliaError {
  readonly code = 'GAP';
  readonly exitCode = EXIT.gap;
}

/** The slot is lost, or not there. */
export class SlotLostError extends GapError {}

/** Another process holds the slot (SQLSTATE 55006). */
export class SlotInUseError extends Wal2AlgoliaError {
  readonly code = 'SLOT_IN_USE';
  readonly exitCode = EXIT.unavailable;
}

/** The session ended: connection lost, ownership not proven, server going down. The WAL still has what was not confirmed. */
export class SessionLostError extends Wal2AlgoliaError {
  readonly code = 'SESSION_LOST';
  readonly exitCode = EXIT.unavailable;
}

/** A relation uses a type created after the session began; the next session knows it. */
export class UnknownTypeError extends Wal2AlgoliaError {
  readonly code = 'UNKNOWN_TYPE';
  readonly exitCode = EXIT.unavailable;
  readonly typeOid: number;

  constructor(message: string, typeOid: number) {
    super(message);
    this.typeOid = typeOid;
  }
}

/** Bytes that the replication protocol does not allow here. */
export class ProtocolError extends Wal2AlgoliaError {
  readonly code = 'PROTOCOL';
  readonly exitCode = EXIT.bug;
}

/** Why a row cannot be a record. */
export type RecordProblem =
  | 'too-large'
  | 'no-object-id'
  | 'unreadable-value'
  | 'transform-failed'
  | 'not-a-record';

/** A row that cannot become a record, whatever Algolia would say: it is set aside, never skipped. */
export class RecordError extends Wal2AlgoliaError {
  readonly code = 'RECORD';
  readonly exitCode = EXIT.configuration;
  readonly problem: RecordProblem;

  constructor(problem: RecordProblem, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.problem = problem;
  }
}

/** Algolia refused a request with a 4xx that no waiting mends (not 408, not 429). Nothing of it was confirmed. */
export class IndexRefusedError extends Wal2AlgoliaError {
  readonly code = 'INDEX_REFUSED';
  readonly exitCode = EXIT.configuration;
  readonly status: number;

  constructor(message: string, status: number, options: ErrorOptions = {}) {
    super(message, options);
    this.status = status;
  }
}

/** So many records are refused that it is not the records: a quota, a setting, a mapping. None of them is set aside. */
export class MassRefusalError extends Wal2AlgoliaError {
  readonly code = 'MASS_REFUSAL';
  readonly exitCode = EXIT.configuration;
}

/** A row has to be set aside, and the table for it is not there, may not be written, or has no room. */
export class DeadLettersUnwritableError extends Wal2AlgoliaError {
  readonly code = 'DEAD_LETTERS_UNWRITABLE';
  readonly exitCode = EXIT.configuration;
}

/** Algolia or Postgres cannot be reached, by a command that does not wait. */
export class UnavailableError extends Wal2AlgoliaError {
  readonly code = 'UNAVAILABLE';
  readonly exitCode = EXIT.unavailable;
}

/** A drain that did not end within `shutdownMs`; running again is safe. */
export class ShutdownDeadlineError extends Wal2AlgoliaError {
  readonly code = 'SHUTDOWN_DEADLINE';
  readonly exitCode = EXIT.deadline;
}
