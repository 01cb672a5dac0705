import { Wal2AlgoliaError } from '../errors.ts';

export type ErrorFields = {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly status?: number;
  readonly remedy?: string;
  readonly stack?: readonly string[];
  readonly cause?: ErrorFields;
};

/** An error can be the cause of itself by way of others. */
const CAUSES_MAX = 8;
const TEXT_LENGTH_MAX = 2_000;

/**
 * What may be told of an error: its name, message, code, status and remedy, and the same of its causes. Never another field: those of
 * pg hold row values, those of the Algolia client whole requests. `withStack` adds the frames, without what they repeat of the message.
 */
export function errorFields(error: unknown, withStack: boolean, depth = 0): ErrorFields {
  if (!(error instanceof Error))
    return { name: typeof error, message: 'something other than an error was thrown' };
  const { code, status } = error as { readonly code?: unknown; readonly status?: unknown };
  const frames = withStack ? stackFrames(error) : [];
  return {
    name: error.name,
    message: messageOf(error),
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof status === 'number' ? { status } : {}),
    ...(error instanceof Wal2AlgoliaError && error.remedy !== undefined ? { remedy: error.remedy } : {}),
    ...(frames.length > 0 ? { stack: frames } : {}),
    ...(error.cause !== undefined && depth < CAUSES_MAX
      ? { cause: errorFields(error.cause, withStack, depth + 1) }
      : {}),
  };
}

/** The frames alone: the first lines of a stack repeat the message, however many lines that has. */
function stackFrames(error: Error): string[] {
  const lines = error.stack?.split('\n') ?? [];
  return lines.filter((line) => /^\s+at /.test(line)).map((line) => line.trim());
}

function messageOf(error: Error): string {
  // Trying several addresses gives an AggregateError with an empty message.
  const text =
    error.message === '' && error instanceof AggregateError
      ? error.errors.map((each) => (each instanceof Error ? each.message : '')).join('; ')
      : error.message;
  return withoutPasswords(text).slice(0, TEXT_LENGTH_MAX);
}

/** A library may quote the URL that it could not use. */
function withoutPasswords(text: string): string {
  return text.replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s/]*@/gi, '$1:[redacted]@');
}
