import { setTimeout as pause } from 'node:timers/promises';
import { percentile } from '../../bench/statistics.ts';
import type { IndexAddress } from '../../support/index-comparison.ts';
import { connect } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { readRecord } from './index-reader.ts';

const INTERVAL_MS = 100;
const LOOK_MS = 5;
const LAG_MAX_MS = 300_000;

export type Lag = {
  readonly probes: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
};

export type Probes = AsyncDisposable & {
  /** Begins no more, and resolves when every one has been found, with the lags in the order of the commits. */
  stop(): Promise<readonly Probe[]>;
};

export type Probe = { readonly committedAtMs: number; readonly lagMs: number };

/**
 * Commits a row every tenth of a second, however long the ones before it take, and looks when it can be found. Their ids are below zero, where
 * nobody changes anything.
 */
export async function startProbes(database: { readonly url: string }, server: IndexAddress): Promise<Probes> {
  const client = await connect(database.url);
  const stopping = new AbortController();
  const found: Promise<Probe>[] = [];
  const probe = async (id: number): Promise<Probe> => {
    await client.query(`INSERT INTO audit_log (id, action) VALUES ($1, 'probe.sent')`, [id]);
    const committedAtMs = performance.now();
    await waitFor(() => readRecord(server, String(id)), {
      description: `probe ${id} in the index`,
      timeoutMs: LAG_MAX_MS,
      intervalMs: LOOK_MS,
    });
    return { committedAtMs, lagMs: performance.now() - committedAtMs };
  };
  const work = (async () => {
    for (let id = -1; !stopping.signal.aborted; id -= 1) {
      const one = probe(id);
      one.catch(() => undefined);
      found.push(one);
      await pause(INTERVAL_MS);
    }
  })();
  const stop = async (): Promise<readonly Probe[]> => {
    stopping.abort();
    await work;
    return await Promise.all(found).finally(() => client.end());
  };
  return { stop, [Symbol.asyncDispose]: async () => void (await stop().catch(() => undefined)) };
}

export function lagOf(probes: readonly Probe[]): Lag {
  const lags = probes.map(({ lagMs }) => lagMs);
  return {
    probes: lags.length,
    p50Ms: percentile(lags, 0.5),
    p99Ms: percentile(lags, 0.99),
    maxMs: Math.max(...lags),
  };
}
