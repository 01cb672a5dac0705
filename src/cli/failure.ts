import { readLogLevel } from '../config/log-level.ts';
import { EXIT, type ExitCode, Wal2AlgoliaError } from '../errors.ts';
import { errorFields, stackFrames } from '../telemetry/error-fields.ts';
import type { Io } from './context.ts';

/** Says what went wrong and what to do about it, without a stack unless debugging, and returns the exit code. */
export function tellFailure(
  error: unknown,
  { stderr, environment }: Pick<Io, 'stderr' | 'environment'>,
): ExitCode {
  const { name, message, remedy } = errorFields(error, false);
  const ours = error instanceof Wal2AlgoliaError;
  const lines = [ours ? `error: ${message}` : `error: unexpected failure: ${name}: ${message}`];
  if (remedy !== undefined) lines.push(`  remedy: ${remedy}`);
  if (!ours) lines.push('  This is a defect of the program. LOG_LEVEL=debug shows where it happened.');
  const level = readLogLevel(environment);
  if (error instanceof Error && (level === 'debug' || level === 'trace')) lines.push(...traceOf(error));
  stderr.write(`${lines.join('\n')}\n`);
  return ours ? error.exitCode : EXIT.bug;
}

function traceOf(error: Error): string[] {
  const frames = stackFrames(error).map((frame) => `    ${frame}`);
  if (!(error.cause instanceof Error)) return frames;
  const { name, message } = errorFields(error.cause, false);
  return [...frames, `  caused by ${name}: ${message}`, ...traceOf(error.cause)];
}
