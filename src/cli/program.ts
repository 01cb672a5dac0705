import { Command, CommanderError } from 'commander';
import { EXIT } from '../errors.ts';
import type { Bind, Io } from './context.ts';
import { tellFailure } from './failure.ts';
import { HELP } from './help.ts';
import { addLocalCommands } from './local/local-commands.ts';
import { Output, type Sink } from './output.ts';
import { packageVersion } from './package-version.ts';
import { addPipelineCommands } from './pipeline-commands.ts';

const HELP_WIDTH_MAX = 110;

/** Signals end a process with 128 and their number. https://www.gnu.org/software/bash/manual/bash.html#Exit-Status */
const SIGNAL_CODES: Readonly<Record<string, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** Runs one command. Resolves with the exit code, never rejects; `argv` begins with the command. */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  let exitCode: number = EXIT.done;
  const bind: Bind = (action, whenStopped) => async (flags) => {
    const context = { ...io, output: new Output(io.stdout, flags.json ?? false) };
    const work = action(context, flags);
    exitCode = await (whenStopped === 'finishes' ? work : Promise.race([work, signalCode(io.signal)]));
  };
  try {
    await createProgram(io, bind).parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return tellFailure(error, io);
    // Commander's own code is 0 where help or the version was asked for, and not where help takes the place of a command.
    return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  }
}

function createProgram(io: Io, bind: Bind): Command {
  const program = new Command('wal2algolia')
    .description('Makes a Postgres audit log searchable in Algolia, straight from the WAL.')
    .version(packageVersion())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => helpWidth(io.stdout),
      getErrHelpWidth: () => helpWidth(io.stderr),
    })
    .configureHelp({ minWidthToWrap: 20 })
    .showSuggestionAfterError()
    .showHelpAfterError('(--help says what there is)')
    .addHelpText('after', HELP);
  addPipelineCommands(program, bind);
  addLocalCommands(program, bind);
  return program;
}

function helpWidth({ columns = HELP_WIDTH_MAX }: Sink): number {
  return Math.min(columns, HELP_WIDTH_MAX);
}

/** Resolves with the exit code of a process that the signal ends, and never without one. */
function signalCode(signal: AbortSignal): Promise<number> {
  return new Promise((resolve) => {
    const stop = (): void => resolve(SIGNAL_CODES[String(signal.reason)] ?? EXIT.deadline);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
  });
}
