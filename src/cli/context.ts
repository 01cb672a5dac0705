import type { Environment } from '../config/log-level.ts';
import type { ExitCode } from '../errors.ts';
import type { Output, Sink } from './output.ts';

/** What the program is given by whoever runs it: the process, or a test. */
export type Io = {
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** Aborted by the first signal, with the signal's name as the reason. */
  readonly signal: AbortSignal;
  /** The process's own unless given. */
  readonly environment?: Environment | undefined;
  readonly cwd?: string | undefined;
};

/** What every command is given. */
export type Context = Pick<Io, 'stderr' | 'signal' | 'environment' | 'cwd'> & { readonly output: Output };

/** What a command does; its flags are those that commander has read. */
export type Action<Flags> = (context: Context, flags: Flags) => Promise<ExitCode>;

/** Makes an action of commander's out of one of ours. `whenStopped` says whether the command itself ends on a signal. */
export type Bind = <Flags extends { readonly json?: boolean }>(
  action: Action<Flags>,
  whenStopped: 'finishes' | 'is-cut',
) => (flags: Flags) => Promise<void>;
