import { readLogLevel } from '../config/log-level.ts';
import { EXIT, type ExitCode, SlotInUseError, Wal2AlgoliaError } from '../errors.ts';
import { type ErrorFields, errorFields } from '../telemetry/error-fields.ts';
import type { Io } from './context.ts';

/** Commands that do not wait. What they had done by then is kept, and done again without harm. */
const AGAIN = 'Run it again once Postgres and Algolia can be reached.';

/** Says what went wrong and what to do about it, without a stack unless debugging, and returns the exit code. */
export function tellFailure(
  error: unknown,
  { stderr, environment }: Pick<Io, 'stderr' | 'environment'>,
): ExitCode {
  const ours = error instanceof Wal2AlgoliaError;
  const isOutOfReach = ours && error.exitCode === EXIT.unavailable && !(error instanceof SlotInUseError);
  const { name, message, remedy = isOutOfReach ? AGAIN : undefined } = errorFields(error, false);
  const lines = [ours ? `error: ${message}` : `error: unexpected failure: ${name}: ${message}`];
  if (remedy !== undefined) lines.push(`  remedy: ${remedy}`);
  if (!ours) lines.push('  This is a defect of the program. LOG_LEVEL=debug shows where it happened.');
  const level = readLogLevel(environment);
  if (level === 'debug' || level === 'trace') lines.push(...traceLines(errorFields(error, true)));
  stderr.write(`${lines.join('\n')}\n`);
  return ours ? error.exitCode : EXIT.bug;
}

function traceLines({ stack = [], cause }: ErrorFields): string[] {
  const frames = stack.map((frame) => `    ${frame}`);
  if (cause === undefined) return frames;
  return [...frames, `  caused by ${cause.name}: ${cause.message}`, ...traceLines(cause)];
}
