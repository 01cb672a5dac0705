import type { LoadCounts } from '../audit-log-load.ts';
import type { Strike } from './kills.ts';
import { lagOf, type Probe } from './probes.ts';
import type { Outage, Stage, Verified } from './stage.ts';

export type Facts = {
  readonly rows: number;
  readonly seconds: number;
  readonly probes: readonly Probe[];
  readonly load: Readonly<LoadCounts>;
  readonly strikes: readonly Strike[];
  readonly verify: Verified;
};

/** What is worth knowing of a backfill beside the stream, for who reads the log of a test. */
export function report(
  { rows, seconds, probes, load, strikes, verify }: Facts,
  { memory, outages }: Pick<Stage, 'memory' | 'outages'>,
): string {
  const calm = probes.filter((probe) => outages.every((outage) => !meet(probe, outage)));
  const lines = [
    `${rows} rows in ${seconds.toFixed(1)} s, ${Math.round(rows / seconds)} rows/s, kills included; beside them ${load.rows} rows of ${load.committed} transactions, ${Math.round(load.rows / seconds)} rows/s`,
    ...strikes.map(
      ({ victim, share, resumed }, kill) =>
        `kill -9 ${kill + 1}, of ${victim}, when ${Math.round(100 * share)} % were read${resumed === undefined ? '' : `; it went on behind key ${resumed.key}, ${resumed.rows} rows`}`,
    ),
    `live lag of ${lagText(calm)}; with those that met a kill of ${lagText(probes)}`,
    `peak RSS: pipeline ${megabytes(memory.of('pipeline'))}, backfill ${megabytes(memory.of('backfill'))}, verify ${megabytes(memory.of('verify'))}`,
    `verify: ${verify.seconds.toFixed(1)} s, ${verify.requests} requests`,
  ];
  return lines.map((line) => `backfill: ${line}\n`).join('');
}

function lagText(probes: readonly Probe[]): string {
  if (probes.length === 0) return '0 probes';
  const { p50Ms, p99Ms, maxMs } = lagOf(probes);
  const ms = [p50Ms, p99Ms, maxMs].map((value) => value.toFixed(0)).join(' / ');
  return `${probes.length} probes p50/p99/max ${ms} ms`;
}

function meet({ committedAtMs, lagMs }: Probe, { fromMs, untilMs }: Outage): boolean {
  return committedAtMs <= untilMs && committedAtMs + lagMs >= fromMs;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
