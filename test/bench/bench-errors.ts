/** A reader ended when it should not have, or with another code than 0. */
export class ReaderEndedError extends Error {
  override readonly name = 'ReaderEndedError';
}

/** What was waited for has not come within the limit of a drain. */
export class DrainLimitError extends Error {
  override readonly name = 'DrainLimitError';
}

/** The slot is confirmed and the index was sent fewer records than there are rows. */
export class MissingRecordsError extends Error {
  override readonly name = 'MissingRecordsError';
}

/** The command line asks for what there is not. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
