import { IndexRefusedError, PreconditionError, UnavailableError } from '../errors.ts';
import { readRetryAfter } from './backoff.ts';
import { type NamedRecord, namedRecord, UNNAMED } from './named-record.ts';
import { refusalText } from './refusal-text.ts';

/** Algolia could not be reached, did not answer in time, or answered that it cannot now (408, 429, 5xx). The same request may be sent again. */
export class TransientError extends UnavailableError {
  /** Undefined when there was no usable answer. */
  readonly status: number | undefined;
  /** The request may have been accepted, or may be yet: a copy of it can land after a later one. */
  readonly outcomeUnknown: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, facts: TransientFacts) {
    super(message, { cause: facts.cause });
    this.status = facts.status;
    this.outcomeUnknown = facts.outcomeUnknown;
    this.retryAfterMs = facts.retryAfterMs;
  }
}

type TransientFacts = {
  readonly cause: Error;
  readonly status: number | undefined;
  readonly outcomeUnknown: boolean;
  readonly retryAfterMs?: number | undefined;
};

const REMEDIES: Readonly<Record<number, string>> = {
  400: 'Algolia does not accept one of these records, most often for its size: compare `algolia.recordBytesMax` with the record limit of the plan, or leave the large column out of `attributes`.',
  401: 'Check ALGOLIA_APP_ID and ALGOLIA_API_KEY.',
  402: 'The plan does not cover this, or a payment is due: see Billing in the Algolia dashboard.',
  403: 'Check that ALGOLIA_API_KEY belongs to ALGOLIA_APP_ID, has the rights addObject and, where deletes are followed, deleteObject, may reach this index, and that the quota of the plan is not used up.',
  404: 'Check ALGOLIA_APP_ID, `algolia.hosts` and the name of the index.',
  413: 'A single record is larger than Algolia takes: leave the large column out of `attributes`.',
  415: 'This application does not take compressed requests: set `algolia.compression` to "none".',
  422: 'Algolia understood the request but cannot apply it: compare the settings of the index with the records.',
};
const UNKNOWN_KEY_REMEDY =
  'Compare both with the Algolia dashboard, under API keys: one of them is mistyped, the key is of another application, or it was deleted or has ended.';
const REMEDY_OTHERWISE = 'See the status of this request in the Algolia dashboard, under API logs.';

/** Any 4xx that no waiting mends. The message holds nothing of the records. */
export class RefusedError extends IndexRefusedError {
  /** Algolia's message, as far as it may be repeated. */
  readonly reason: string;
  /** Not a property: whoever prints an error must not print a key. */
  readonly #named: NamedRecord;

  constructor(
    doing: string,
    facts: {
      readonly status: number;
      readonly reason: string;
      readonly cause: Error;
      readonly named?: NamedRecord;
    },
  ) {
    super(`${doing}: Algolia refused with ${facts.status}: ${facts.reason}`, facts.status, {
      cause: facts.cause,
      remedy: isUnknownKey(facts)
        ? `ALGOLIA_APP_ID or the key is wrong. ${UNKNOWN_KEY_REMEDY}`
        : (REMEDIES[facts.status] ?? REMEDY_OTHERWISE),
    });
    this.reason = facts.reason;
    this.#named = facts.named ?? UNNAMED;
  }

  /** Whether it is the key itself or the application that is refused, and not a right that the key lacks: as far as the text tells. */
  get isOfUnknownKey(): boolean {
    return isUnknownKey(this);
  }

  /** Which record of the request it is about, as far as it says. */
  get named(): NamedRecord {
    return this.#named;
  }
}

/**
 * In the words that Algolia has for an application that it does not know, and for a key that is none of that application's or none any more; what
 * a right or an index lacks reads otherwise, with the same status. Texts are no contract: nothing but a message may hang on them.
 */
function isUnknownKey({ status, reason }: Pick<RefusedError, 'status' | 'reason'>): boolean {
  return status === 403 && /Application-ID or API key/i.test(reason);
}

/** `name` is that of the variable that holds the key. */
export function unknownKey(cause: RefusedError, name: string): PreconditionError {
  return new PreconditionError(
    `Algolia knows no such application, or no such key of it (ALGOLIA_APP_ID, ${name}): ${cause.reason}`,
    { cause, remedy: UNKNOWN_KEY_REMEDY },
  );
}

/** 413: the request has to be made smaller. */
export class TooLargeError extends RefusedError {}

/**
 * What an error of the official client means for us, decided by its name and status, never by its text. What is not the
 * client's passes through. The client's own error is not kept, not even as the cause: its stack trace holds requests and answers.
 */
export function algoliaFailure(error: unknown, doing: string, nowMs = Date.now()): unknown {
  if (!(error instanceof Error)) return error;
  const cause = safeCause(error);
  if (error.name === 'DeserializationError') {
    return new TransientError(`${doing}: the answer is not Algolia's`, {
      cause,
      status: undefined,
      outcomeUnknown: true,
    });
  }
  if (error.name === 'RetryError') return transport(lastResponse(error), doing, cause, nowMs);
  const status = 'status' in error && typeof error.status === 'number' ? error.status : undefined;
  if (status === undefined || !('stackTrace' in error)) return error;
  if (status === 408 || status === 429) {
    const retryAfterMs = readRetryAfter(lastResponse(error).retryAfter, nowMs);
    return new TransientError(`${doing}: Algolia answered ${status}`, {
      cause,
      status,
      outcomeUnknown: false,
      retryAfterMs,
    });
  }
  const named = namedRecord(error.message, lastResponse(error).body);
  const facts = { status, reason: refusalText(error.message), cause, named };
  return status === 413 ? new TooLargeError(doing, facts) : new RefusedError(doing, facts);
}

type LastResponse = {
  readonly status: number;
  readonly timedOut: boolean;
  /** The text of a socket's error. Only read when there was no answer. */
  readonly socketError: string;
  readonly retryAfter: string | undefined;
  /** As it came, whole. */
  readonly body: string;
};

function transport(last: LastResponse, doing: string, cause: Error, nowMs: number): TransientError {
  if (last.timedOut) {
    return new TransientError(`${doing}: no answer in time`, {
      cause,
      status: undefined,
      outcomeUnknown: true,
    });
  }
  if (last.status > 0) {
    const retryAfterMs = readRetryAfter(last.retryAfter, nowMs);
    // A gateway that answers 502 or 504 may have handed the request on; 503 is given instead of taking it.
    const outcomeUnknown = last.status >= 500 && last.status !== 503;
    return new TransientError(`${doing}: Algolia answered ${last.status}`, {
      cause,
      status: last.status,
      outcomeUnknown,
      retryAfterMs,
    });
  }
  const reason = last.socketError === '' ? 'no address of the host answers' : last.socketError;
  return new TransientError(`${doing}: ${reason}`, {
    cause,
    status: undefined,
    outcomeUnknown: !neverConnected(last.socketError),
  });
}

/**
 * Node names the system call first in the message, and the client keeps nothing else of the error. The message is empty
 * when several addresses of a name were tried in vain. https://nodejs.org/api/errors.html#class-systemerror
 */
function neverConnected(socketError: string): boolean {
  return socketError === '' || /^(connect|getaddrinfo) E[A-Z]/.test(socketError);
}

function lastResponse(error: Error): LastResponse {
  const frames: unknown = 'stackTrace' in error ? error.stackTrace : undefined;
  const frame = asRecord(Array.isArray(frames) ? frames.at(-1) : undefined);
  const response = asRecord(frame['response']);
  const retryAfter = asRecord(response['headers'])['retry-after'];
  const content = response['content'];
  return {
    status: typeof response['status'] === 'number' ? response['status'] : 0,
    timedOut: response['isTimedOut'] === true,
    socketError: typeof content === 'string' ? content.slice(0, 200) : '',
    retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
    body: typeof content === 'string' ? content : '',
  };
}

function safeCause(error: Error): Error {
  const facts = asRecord(error);
  const status = typeof facts['status'] === 'number' ? `, status ${facts['status']}` : '';
  const id = facts['correlationId'];
  const correlation = typeof id === 'string' && /^[\w-]{1,64}$/.test(id) ? `, correlation id ${id}` : '';
  return new Error(`${error.name} of the Algolia client${status}${correlation}`);
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
