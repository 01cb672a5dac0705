import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { AlgoliaServer } from '../../src/local/algolia/server.ts';
import { createRandom, type Random } from '../../src/local/producer/random.ts';
import { drained, startIndex } from '../support/line.ts';
import { connect, createDatabase, type TestDatabase } from '../support/postgres.ts';
import { waitFor } from '../support/wait-for.ts';
import { startLoad } from './audit-log-load.ts';
import { createAuditLog, expectIndexEqualsTable, insertRows } from './audit-table.ts';
import { confirmedLsn, createHistorySlot, readHistory } from './commit-history.ts';
import { confirmedTooEarly, type Sample } from './early-confirmations.ts';
import type { RunProcess } from './program-run.ts';
import { startRun } from './run-process.ts';
import { versions } from './write-journal.ts';

const seed = Number(process.env['WAL2ALGOLIA_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const kills = Number(process.env['WAL2ALGOLIA_TEST_KILLS'] ?? 30);

type Scene = {
  readonly run: RunProcess;
  readonly server: AlgoliaServer;
  readonly database: TestDatabase;
  readonly random: Random;
};

/** When the process is killed: each resolves at its moment. */
const MOMENTS = {
  'while it starts': async ({ random }: Scene) => pause(random.integer(0, 400)),
  'as it begins to stream': async ({ run, random }: Scene) => {
    await logged(run, 'streaming');
    await pause(random.integer(0, 50));
  },
  'between write and confirmation': async ({ server, random }: Scene) => {
    await arrived(server, random.integer(1, 20));
    await quickly(
      'an unpublished write',
      () => server.journal().arrived.length > server.journal().applied.length,
    );
    await pause(random.integer(0, 20));
  },
  'at any time': async ({ server, random }: Scene) => {
    await arrived(server, random.integer(1, 20));
    await pause(random.integer(0, 600));
  },
  'inside a transaction': async ({ server, database, random }: Scene) => {
    await arrived(server, 1);
    const before = server.journal().arrived.length;
    const inserted = insertRows(database, random.integer(2_000, 4_000));
    await quickly('a large request', () =>
      server
        .journal()
        .arrived.slice(before)
        .some(({ operations }) => operations.length >= 100),
    );
    await inserted;
  },
};
/** How the kills are shared out among them, in this order of frequency and at random in time. */
const SHARES: Readonly<Record<keyof typeof MOMENTS, number>> = {
  'while it starts': 3,
  'as it begins to stream': 4,
  'between write and confirmation': 10,
  'at any time': 6,
  'inside a transaction': 7,
};

test(`the index equals the table after ${kills} kills under load (WAL2ALGOLIA_TEST_SEED=${seed})`, async () => {
  process.stderr.write(`kill -9: WAL2ALGOLIA_TEST_SEED=${seed}\n`);
  const startedAtMs = performance.now();
  await using database = await createDatabase();
  await createAuditLog(database);
  const history = await createHistorySlot(database);
  await using server = await startIndex({ taskDelayMs: 30 });
  const random = createRandom(seed);
  await using load = await startLoad(database, seed);
  await using sampler = await startSampler(database, server);
  const restarts: { readonly moment: string; readonly from: number }[] = [];
  const moments = Object.keys(MOMENTS) as (keyof typeof MOMENTS)[];
  const shares = moments.flatMap((moment) => Array.from({ length: SHARES[moment] }, () => moment));
  for (let kill = 0; kill < kills; kill += 1) {
    if (kill % shares.length === 0) shuffle(shares, random);
    const moment = shares[kill % shares.length] ?? 'at any time';
    const run = await startRun({ database, server });
    await Promise.race([MOMENTS[moment]({ run, server, database, random }), endedEarly(run)]);
    await run.kill();
    restarts.push({ moment, from: server.journal().arrived.length });
  }
  const last = await startRun({ database, server });
  await load.stop();
  await drained(database);
  const samples = await sampler.stop();
  last.signal('SIGTERM');
  expect(await last.ended).toEqual({ code: 0, signal: null });
  await expectIndexEqualsTable(database, server, 1_000);
  const { checked, problems } = confirmedTooEarly(
    await readHistory(database, history),
    server.journal(),
    samples,
  );
  expect(problems.slice(0, 10)).toEqual([]);
  expect(checked).toBeGreaterThan(1_000);
  const redelivered = redeliveredRows(
    server,
    restarts.map(({ from }) => from),
  );
  report(
    { ...load.counts, seconds: (performance.now() - startedAtMs) / 1000, checked, samples: samples.length },
    restarts,
    redelivered,
  );
  const withRedelivery = redelivered.filter((rows) => rows > 0).length;
  expect(withRedelivery, `restarts that brought rows again: ${redelivered}`).toBeGreaterThan(kills / 2);
});

async function logged(run: RunProcess, message: string): Promise<void> {
  await quickly(`"${message}" in the log`, () => run.log.some((line) => line.message === message));
}

async function arrived(server: AlgoliaServer, requests: number): Promise<void> {
  const before = server.journal().arrived.length;
  await quickly('requests', () => server.journal().arrived.length >= before + requests);
}

async function quickly(description: string, condition: () => boolean): Promise<void> {
  await waitFor(condition, { description, intervalMs: 1 });
}

/** A process that ends by itself is a failure of its own, not something to wait for in vain. */
async function endedEarly(run: RunProcess): Promise<never> {
  const { code, signal } = await run.ended;
  throw new Error(`the process ended by itself (${code ?? signal}): ${JSON.stringify(run.log.slice(-5))}`);
}

function shuffle<T>(items: T[], random: Random): void {
  const drawn = items.map((item) => ({ item, order: random.fraction() }));
  drawn.sort((a, b) => a.order - b.order);
  for (const [position, { item }] of drawn.entries()) items[position] = item;
}

/** Looks all the time at what Postgres was told to forget, and then at what has taken effect. */
async function startSampler(database: TestDatabase, server: AlgoliaServer) {
  const samples: Sample[] = [];
  const client = await connect(database.url);
  let stopped = false;
  const work = (async () => {
    while (!stopped) {
      const lsn = await confirmedLsn({ client, slot: database.slot });
      samples.push({ confirmedLsn: lsn, applied: server.journal().applied.length });
      await pause(10);
    }
  })();
  const stop = async (): Promise<readonly Sample[]> => {
    stopped = true;
    try {
      await work;
    } finally {
      await client.end();
    }
    return samples;
  };
  return { stop, [Symbol.asyncDispose]: async () => void (await stop().catch(() => undefined)) };
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
  const spread = `${sorted[0]} / ${sorted[Math.floor(sorted.length / 2)]} / ${sorted.at(-1)}`;
  // A restart that was itself killed before it wrote anything brings nothing.
  const lines = restarts.map(
    ({ moment }, kill) =>
      `  ${kill + 1}. killed ${moment}: the next one brought ${redelivered[kill]} rows again`,
  );
  const told = Object.entries(facts).map(([name, value]) => `${name} ${Math.round(value)}`);
  process.stderr.write(
    `kill -9: ${kills} kills, ${told.join(', ')}; redelivered rows min/median/max ${spread}\n${lines.join('\n')}\n`,
  );
}
