import type { CpuTime } from './process-usage.ts';
import { percentile, type Spread, spread } from './statistics.ts';
import type { Measurement } from './turn.ts';

/** Of one reader in one run. CPU times are seconds per million rows; latencies are milliseconds since the commit. */
export type Metric =
  | 'rowsPerSecond'
  | 'ratio'
  | 'seconds'
  | 'cpuUserSeconds'
  | 'cpuSystemSeconds'
  | 'walsenderUserSeconds'
  | 'walsenderSystemSeconds'
  | 'peakMemoryBytes'
  | 'commandUserSeconds'
  | 'commandSystemSeconds'
  | 'commandPeakMemoryBytes'
  | 'indexBytes'
  | 'indexRequests'
  | `${'accepted' | 'published'}${'P50' | 'P90' | 'P99'}Ms`;

export type Metrics = Partial<Record<Metric, number>>;

export type ReaderResult = {
  readonly reader: string;
  readonly metrics: { readonly [metric in Metric]?: Spread };
};

export type ScenarioResult = {
  readonly scenario: string;
  readonly rows: number;
  readonly perTransaction: number;
  /** Its version, and where it comes from. */
  readonly postgres?: string;
  readonly readers: readonly ReaderResult[];
  /** Why it was not. */
  readonly notMeasured?: string;
};

/** One run: what was measured of each reader that took a turn, in that order. Ratios are to the first one where that only reads. */
export type Run = readonly { readonly reader: string; readonly measurement: Measurement }[];

/** What only reads and writes to no index is what the others are compared with. */
export function metricsOf(run: Run, rows: number): readonly Metrics[] {
  const baseline = run.find(({ measurement }) => measurement.index === undefined)?.measurement;
  return run.map(({ measurement }) => ({
    rowsPerSecond: rows / measurement.seconds,
    ...(baseline === undefined ? {} : { ratio: baseline.seconds / measurement.seconds }),
    seconds: measurement.seconds,
    ...cpuMetrics('cpu', measurement.cpu, rows),
    ...cpuMetrics('walsender', measurement.walsenderCpu, rows),
    ...known('peakMemoryBytes', measurement.peakMemoryBytes),
    ...cpuMetrics('command', measurement.command?.cpu, rows),
    ...known('commandPeakMemoryBytes', measurement.command?.peakMemoryBytes),
    ...known('indexBytes', measurement.index?.bytes),
    ...known('indexRequests', measurement.index?.requests),
    ...latencyMetrics('accepted', measurement.latency?.acceptedMs),
    ...latencyMetrics('published', measurement.latency?.publishedMs),
  }));
}

/** A metric that is missing in one run is left out, rather than told of the others. */
export function readerResults(runs: readonly Run[], rows: number): readonly ReaderResult[] {
  const perRun = runs.map((run) => metricsOf(run, rows));
  return (runs[0] ?? []).map(({ reader }, place) => {
    const ofReader = perRun.map((metrics) => metrics[place] ?? {});
    const names = Object.keys(ofReader[0] ?? {}) as Metric[];
    const spreads = names.flatMap((name) => {
      const values = ofReader.flatMap((metrics) => metrics[name] ?? []);
      return values.length === runs.length ? [[name, spread(values)] as const] : [];
    });
    return { reader, metrics: Object.fromEntries(spreads) };
  });
}

function known(name: Metric, value: number | undefined): Metrics {
  return value === undefined ? {} : { [name]: value };
}

function cpuMetrics(whose: 'cpu' | 'walsender' | 'command', cpu: CpuTime | undefined, rows: number): Metrics {
  if (cpu === undefined) return {};
  const millions = rows / 1e6;
  return { [`${whose}UserSeconds`]: cpu.user / millions, [`${whose}SystemSeconds`]: cpu.system / millions };
}

function latencyMetrics(what: 'accepted' | 'published', latencyMs: readonly number[] | undefined): Metrics {
  if (latencyMs === undefined) return {};
  return {
    [`${what}P50Ms`]: percentile(latencyMs, 0.5),
    [`${what}P90Ms`]: percentile(latencyMs, 0.9),
    [`${what}P99Ms`]: percentile(latencyMs, 0.99),
  };
}
