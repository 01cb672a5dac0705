import {
  DeadLettersUnwritableError,
  IndexRefusedError,
  MassRefusalError,
  ProtocolError,
  RecordError,
  SessionLostError,
  SlotInUseError,
  UnavailableError,
  UnknownTypeError,
  Wal2AlgoliaError,
} from './errors.ts';

/**
 * What is done about a failure. Of a request: `resend` sends the same again with growing pauses, `wait` slowly, until somebody has
 * mended what is wrong, `halve` sends it in two, `isolate` finds the record that is refused. `set-aside` takes a row out of the line into the
 * dead letters. The others end the session: a new one follows after a pause (`retry`), at once (`reopen`) or when the slot is free
 * (`standby`), and none after `stop`, which ends the process with the error's exit code.
 */
export type Action =
  | 'resend'
  | 'wait'
  | 'halve'
  | 'isolate'
  | 'set-aside'
  | 'retry'
  | 'reopen'
  | 'standby'
  | 'stop';

export type Recovery = { readonly action: Action; readonly remedy: string | undefined };

const DEFECT =
  'This is a defect. With LOG_LEVEL=debug the log says where it happened; nothing unconfirmed is lost.';

/** The one place that decides what a failure means. What nobody expected stops: it is the WAL that keeps what is not confirmed. */
export function recoveryOf(error: unknown): Recovery {
  if (!(error instanceof Wal2AlgoliaError)) return { action: 'stop', remedy: DEFECT };
  return { action: actionOn(error), remedy: error.remedy };
}

/** What nobody expected is a defect of ours: it stops, and says so. */
export function asOurs(error: unknown): Wal2AlgoliaError {
  if (error instanceof Wal2AlgoliaError) return error;
  return new ProtocolError('an unexpected failure in the pipeline', { cause: error, remedy: DEFECT });
}

function actionOn(error: Wal2AlgoliaError): Action {
  if (error instanceof IndexRefusedError) return onRefusal(error.status);
  if (error instanceof UnavailableError) return 'resend';
  if (error instanceof SessionLostError) return 'retry';
  if (error instanceof MassRefusalError || error instanceof DeadLettersUnwritableError) return 'wait';
  if (error instanceof RecordError) return 'set-aside';
  if (error instanceof SlotInUseError) return 'standby';
  if (error instanceof UnknownTypeError) return 'reopen';
  return 'stop';
}

/** https://www.algolia.com/doc/rest-api/search/#section/Error-handling */
function onRefusal(status: number): Action {
  if (status === 400) return 'isolate';
  if (status === 413) return 'halve';
  return 'wait';
}
