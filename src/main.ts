#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import { tellFailure } from './cli/failure.ts';
import { runCli } from './cli/program.ts';
import { EXIT } from './errors.ts';

// What is in flight lives long enough to be taken for permanent: V8 would make it where it looks rarely, and let several times as much pile up
// before it looks. https://nodejs.org/api/v8.html#v8setflagsfromstringflags
setFlagsFromString('--no-allocation-site-pretenuring');
setFlagsFromString('--heap-growing-percent=50');

const { stdout, stderr } = process;
const stop = new AbortController();

/** The first signal asks to finish; whoever sends a second one does not want to wait. */
function onSignal(name: NodeJS.Signals): void {
  if (!stop.signal.aborted) {
    stop.abort(name);
    return;
  }
  stderr.write('error: told twice to stop: what was not confirmed is sent again next time\n');
  process.exit(EXIT.deadline);
}

function onDefect(error: unknown): void {
  process.exit(tellFailure(error, { stderr }));
}

/**
 * Resolves when whoever reads the output has taken all of it, and when somebody wants the program to end: a pipe takes 64 KB at a time.
 * https://nodejs.org/api/process.html#a-note-on-process-io
 */
function outputTaken(): Promise<void> {
  return new Promise((resolve) => {
    stdout.write('', () => resolve());
    if (stop.signal.aborted) resolve();
    stop.signal.addEventListener('abort', () => resolve());
  });
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, onSignal);
process.on('uncaughtException', onDefect);
process.on('unhandledRejection', onDefect);
// Whoever read the output has gone, as `head` does: there is nobody left to tell.
for (const stream of [stdout, stderr]) stream.on('error', () => undefined);

const exitCode = await runCli(process.argv.slice(2), { stdout, stderr, signal: stop.signal });
await outputTaken();
process.exit(exitCode);
