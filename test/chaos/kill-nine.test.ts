import { expect, test } from 'vitest';
import type { AlgoliaServer } from '../../src/local/algolia/server.ts';
import { createRandom } from '../../src/local/producer/random.ts';
import { drained, startIndex } from '../support/line.ts';
import { plant } from '../support/planted-program.ts';
import { createDatabase } from '../support/postgres.ts';
import { startLoad } from './audit-log-load.ts';
import { createAuditLog, expectIndexEqualsTable } from './audit-table.ts';
import { createHistorySlot, readHistory } from './commit-history.ts';
import { startSampler } from './confirmation-sampler.ts';
import { pointPlants } from './controls.ts';
import { confirmedTooEarly } from './early-confirmations.ts';
import { MOMENTS, momentsOf } from './kill-moments.ts';
import type { RunProcess } from './program-run.ts';
import { startRun } from './run-process.ts';
import { backwardsInSession, versions } from './write-journal.ts';

const seed = Number(process.env['WAL2ALGOLIA_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const kills = Number(process.env['WAL2ALGOLIA_TEST_KILLS'] ?? 30);
/** A busy machine takes several seconds for each. */
const TIMEOUT_MS = 300_000 + kills * 20_000;

test(
  `the index equals the table after ${kills} kills under load (WAL2ALGOLIA_TEST_SEED=${seed})`,
  async () => {
    process.stderr.write(`kill -9: WAL2ALGOLIA_TEST_SEED=${seed}\n`);
    const startedAtMs = performance.now();
    await using planted = await plant(...pointPlants);
    await using database = await createDatabase();
    await createAuditLog(database);
    const history = await createHistorySlot(database);
    await using server = await startIndex({ taskDelayMs: 30 });
    const random = createRandom(seed);
    await using load = await startLoad(database, seed);
    await using sampler = startSampler(database, server);
    const restarts: { readonly moment: string; readonly from: number }[] = [];
    const runs: RunProcess[] = [];
    for (const moment of momentsOf(kills, random)) {
      const run = await startRun({ database, server, program: planted.program, isControlled: true });
      runs.push(run);
      await Promise.race([MOMENTS[moment]?.come({ run, server, database, random }), endedEarly(run)]);
      expect((await run.kill()).signal).toBe('SIGKILL');
      restarts.push({ moment, from: server.journal().arrived.length });
    }
    const last = await startRun({ database, server });
    await load.stop();
    await drained(database);
    const samples = await sampler.stop();
    last.signal('SIGTERM');
    expect(await last.ended).toEqual({ code: 0, signal: null });
    await expectIndexEqualsTable(database, server, 1_000);
    const early = confirmedTooEarly(await readHistory(database, history), server.journal(), samples);
    expect(early.problems.slice(0, 10)).toEqual([]);
    expect(early.checked).toBeGreaterThan(1_000);
    const order = backwardsInSession(server.journal().arrived, sessionStarts([...runs, last]));
    expect(order.problems.slice(0, 10)).toEqual([]);
    expect(order.checked).toBeGreaterThan(1_000);
    const redelivered = redeliveredRows(
      server,
      restarts.map(({ from }) => from),
    );
    report(
      {
        ...load.counts,
        seconds: (performance.now() - startedAtMs) / 1000,
        checked: early.checked,
        samples: samples.length,
      },
      restarts,
      redelivered,
    );
    const withRedelivery = redelivered.filter((rows) => rows > 0).length;
    expect(withRedelivery, `restarts that brought rows again: ${redelivered}`).toBeGreaterThan(kills / 3);
  },
  TIMEOUT_MS,
);

/** A process that ends by itself is a failure of its own, not something to wait for in vain. */
async function endedEarly(run: RunProcess): Promise<void> {
  const { code, signal } = await run.ended;
  if (signal === 'SIGKILL') return;
  throw new Error(`the process ended by itself (${code ?? signal}): ${JSON.stringify(run.log.slice(-5))}`);
}

function sessionStarts(runs: readonly RunProcess[]): readonly number[] {
  return runs.flatMap(({ log }) =>
    log.filter(({ message }) => message === 'streaming').map(({ time = '' }) => Date.parse(time)),
  );
}

/** For each restart the versions that had arrived before it and arrived again. */
function redeliveredRows(server: AlgoliaServer, starts: readonly number[]): readonly number[] {
  const { arrived } = server.journal();
  const seen = new Set(versions(arrived.slice(0, starts[0])));
  return starts.map((from, restart) => {
    const brought = new Set(versions(arrived.slice(from, starts[restart + 1])));
    const again = [...brought].filter((version) => seen.has(version)).length;
    for (const version of brought) seen.add(version);
    return again;
  });
}

function report(
  facts: Readonly<Record<string, number>>,
  restarts: readonly { readonly moment: string }[],
  redelivered: readonly number[],
): void {
  const sorted = redelivered.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  // A restart that was itself killed before it wrote anything brings nothing.
  const lines = restarts.map(
    ({ moment }, kill) =>
      `  ${kill + 1}. killed ${moment}: the next one brought ${redelivered[kill]} rows again`,
  );
  const told = Object.entries(facts).map(([name, value]) => `${name} ${Math.round(value)}`);
  process.stderr.write(
    `kill -9: ${kills} kills, ${told.join(', ')}\n${lines.join('\n')}\nkill -9: redelivered rows min/median/p90/max ${at(0)} / ${at(0.5)} / ${at(0.9)} / ${at(1)}\n`,
  );
}
