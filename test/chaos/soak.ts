import { parseArgs } from 'node:util';
import { chaosTable } from './storm/chaos-table.ts';
import { allFaults } from './storm/faults.ts';
import { type StormStep, storm } from './storm/storm.ts';

/**
 * Storms, one after the other, until the time is over or something is wrong. Each has its own Postgres and index and a seed of its own,
 * so that a short run with `--seed` brings a failure back.
 */
const USAGE = `npm run soak -- --minutes N [--seed S] [--faults N] [--settle-ms N]
  --minutes N     how long; a storm that has begun is finished
  --seed S        of the first storm; the next ones count on from it
  --faults N      strikes of one storm (each fault twice)
  --settle-ms N   how long the program waits for late copies of a request (2500, in place of its own 30000)`;

const REPORT_INTERVAL_MS = 60_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    faults: { type: 'string', default: String(2 * allFaults.length) },
    'settle-ms': { type: 'string', default: '2500' },
    help: { type: 'boolean', default: false },
  },
});

/** The first signal lets the fault that has begun be the last one; a second one ends at once. */
const stopping = new AbortController();
for (const [name, exitCode] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(name, () => {
    if (stopping.signal.aborted) process.exit(exitCode);
    stopping.abort();
    process.exitCode = exitCode;
  });
}

const steps: StormStep[] = [];
const totals = { storms: 0, rows: 0, transactions: 0, confirmations: 0, versions: 0, letters: 0 };

function report(startedAtMs: number): void {
  const minutes = ((performance.now() - startedAtMs) / 60_000).toFixed(1);
  const told = Object.entries(totals).map(([name, value]) => `${name} ${value}`);
  const kills = steps.filter(({ faults }) => faults.some((name) => name.startsWith('kill -9'))).length;
  console.log(
    `${minutes} min: faults ${steps.flatMap(({ faults }) => faults).length}, kill -9 ${kills}, problems 0; of storms that are over: ${told.join(', ')}`,
  );
}

/** Resolves with whether nothing was found. */
async function soak(minutes: number, firstSeed: number): Promise<boolean> {
  const startedAtMs = performance.now();
  const reporting = setInterval(() => report(startedAtMs), REPORT_INTERVAL_MS);
  console.log(`soak: ${minutes} minutes, --seed ${firstSeed}`);
  let seed = firstSeed;
  try {
    while (performance.now() - startedAtMs < minutes * 60_000 && !stopping.signal.aborted) {
      const done = await storm({
        seed,
        strikes: Number(values.faults),
        settleMs: Number(values['settle-ms']),
        signal: stopping.signal,
        onStep: (step) => {
          steps.push(step);
          const [first] = step.problems;
          if (first !== undefined) console.log(`${step.faults.join(' + ')}: ${first.check}: ${first.what}`);
        },
      });
      const [problem] = done.problems;
      if (problem !== undefined) {
        console.log(
          `FAILED with --seed ${seed} --faults ${values.faults}: ${problem.check}: ${problem.what}`,
        );
        return false;
      }
      totals.storms += 1;
      for (const name of ['rows', 'transactions', 'confirmations', 'versions', 'letters'] as const)
        totals[name] += done[name];
      seed += 1;
    }
    return true;
  } catch (error) {
    console.log(`FAILED with --seed ${seed} --faults ${values.faults}: ${error}`);
    return false;
  } finally {
    clearInterval(reporting);
    report(startedAtMs);
    console.log(chaosTable(steps));
  }
}

if (values.help) console.log(USAGE);
else if (!(await soak(Number(values.minutes), Number(values.seed)))) process.exitCode = 1;
