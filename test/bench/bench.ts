import { UsageError } from './bench-errors.ts';
import { monotonicMs } from './clock.ts';
import { measureScenario, programReaders } from './harness.ts';
import { describeMachine, describeProgram } from './machine.ts';
import { type BenchOptions, parseOptions, USAGE } from './options.ts';
import { profiledRun } from './profiled-run.ts';
import type { ScenarioResult } from './result.ts';
import { type BenchResult, saveResult } from './saved-results.ts';
import { table } from './table.ts';
import { writePlot } from './write-plot.ts';

/** npm hands on a signal that the terminal or a supervisor has sent to us as well: that is one. */
const SAME_SIGNAL_MS = 1_000;

/** The first signal stops and clears away what was started; one that comes later ends at once, and the readers may outlive it. */
const stopping = new AbortController();
let stoppedAtMs: number | undefined;
for (const [name, exitCode] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(name, () => {
    if (stoppedAtMs !== undefined) {
      if (monotonicMs() - stoppedAtMs > SAME_SIGNAL_MS) process.exit(exitCode);
      return;
    }
    stoppedAtMs = monotonicMs();
    process.exitCode = exitCode;
    stopping.abort(new Error(`stopped by ${name}`));
  });
}

const log = (line: string): void => console.error(line);

async function measure(options: BenchOptions): Promise<BenchResult> {
  const programs = await Promise.all(
    programReaders(options).map(({ name, program = '' }) => describeProgram(name, program)),
  );
  const results: ScenarioResult[] = [];
  for (const scenario of options.scenarios) {
    stopping.signal.throwIfAborted();
    results.push(await measureScenario(scenario, options, stopping.signal, log));
  }
  return {
    measuredAt: new Date().toISOString(),
    runs: options.runs,
    machine: describeMachine(),
    programs,
    scenarios: results,
  };
}

async function bench(options: BenchOptions): Promise<void> {
  if (options.help) return console.log(USAGE);
  if (options.plot) return console.error(`drawn: ${await writePlot()}`);
  if (options.profile) return console.log(await profiledRun(options, stopping.signal, log));
  const result = await measure(options);
  console.log(options.json ? JSON.stringify(result, undefined, 2) : table(result.scenarios));
  if (options.save !== undefined) console.error(`saved as ${await saveResult(result, options.save)}`);
}

try {
  await bench(parseOptions(process.argv.slice(2)));
} catch (error) {
  const { name, message, stack } = error as Error;
  console.error(error instanceof UsageError ? `${message}\n${USAGE}` : `${name}: ${message}\n${stack}`);
  process.exitCode ??= error instanceof UsageError ? 64 : 1;
}
