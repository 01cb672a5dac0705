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

/**
 * What the supervisor does about an error: open a new session at once or after a backoff, wait as a standby,
 * or stop with an exit code. Unknown errors stop.
 */
export type Recovery = 'reopen' | 'retry' | 'standby' | 'stop';

type ErrorOptions = { readonly cause?: unknown; readonly remedy?: string };

/** Every error we throw on purpose. `message` says what and where, `remedy` what to do; neither ever holds row values or secrets. */
export abstract class Wal2AlgoliaError extends Error {
  abstract readonly code: string;
  abstract readonly recovery: Recovery;
  abstract readonly exitCode: ExitCode;
  readonly remedy: string | undefined;

  constructor(message: string, options: ErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = new.target.name;
    this.remedy = options.remedy;
  }
}

/** The configuration or a mapping is wrong; nothing has been touched. */
export class ConfigError extends Wal2AlgoliaError {
  readonly code = 'CONFIG';
  readonly recovery = 'stop';
  readonly exitCode = EXIT.configuration;
}

/** A precondition in Postgres or Algolia is not met: a right, a setting, a publication. */
export class PreconditionError extends Wal2AlgoliaError {
  readonly code = 'PRECONDITION';
  readonly recovery = 'stop';
  readonly exitCode = EXIT.configuration;
}

/** Positions are gone or cannot be trusted: only the operator can decide how to go on. */
export class GapError extends Wal2AlgoliaError {
  readonly code = 'GAP';
  readonly recovery = 'stop';
  readonly exitCode = EXIT.gap;
}

/** Another process holds the slot (SQLSTATE 55006). */
export class SlotInUseError extends Wal2AlgoliaError {
  readonly code = 'SLOT_IN_USE';
  readonly recovery = 'standby';
  readonly exitCode = EXIT.unavailable;
}

/** The session ended: connection lost, ownership not proven, server going down. The WAL still has what was not confirmed. */
export class SessionLostError extends Wal2AlgoliaError {
  readonly code = 'SESSION_LOST';
  readonly recovery = 'retry';
  readonly exitCode = EXIT.unavailable;
}

/** A relation uses a type created after the session began; the next session knows it. */
export class UnknownTypeError extends Wal2AlgoliaError {
  readonly code = 'UNKNOWN_TYPE';
  readonly recovery = 'reopen';
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
  readonly recovery = 'stop';
  readonly exitCode = EXIT.bug;
}

/** A change that cannot become a record: too large, no key, a column that did not travel. Never skipped, so the pipeline stops at it. */
export class RecordError extends Wal2AlgoliaError {
  readonly code = 'RECORD';
  readonly recovery = 'stop';
  readonly exitCode = EXIT.configuration;
}

/** Algolia refused a request (a 4xx other than 408, 413, 429). Nothing of it was confirmed. */
export class IndexRefusedError extends Wal2AlgoliaError {
  readonly code = 'INDEX_REFUSED';
  readonly recovery = 'stop';
  readonly exitCode = EXIT.configuration;
}

/** Algolia or Postgres cannot be reached, by a command that does not wait. */
export class UnavailableError extends Wal2AlgoliaError {
  readonly code = 'UNAVAILABLE';
  readonly recovery = 'retry';
  readonly exitCode = EXIT.unavailable;
}

/** A drain that did not end within `shutdownMs`; running again is safe. */
export class ShutdownDeadlineError extends Wal2AlgoliaError {
  readonly code = 'SHUTDOWN_DEADLINE';
  readonly recovery = 'stop';
  readonly exitCode = EXIT.deadline;
}
