import type { Metric, ReaderResult, ScenarioResult } from './result.ts';
import type { Spread } from './statistics.ts';

const NOTHING = '';

type Column = { readonly title: string; readonly cell: (reader: ReaderResult) => string };

const COLUMNS: readonly Column[] = [
  { title: 'reader', cell: ({ reader }) => reader },
  { title: 'rows/s', cell: (reader) => withRange(reader.metrics.rowsPerSecond, whole) },
  { title: 'ratio', cell: (reader) => withRange(reader.metrics.ratio, hundredths) },
  { title: 'CPU s/M', cell: (reader) => sum(reader, 'cpuUserSeconds', 'cpuSystemSeconds') },
  { title: 'walsender s/M', cell: (reader) => sum(reader, 'walsenderUserSeconds', 'walsenderSystemSeconds') },
  { title: 'peak RSS MB', cell: (reader) => withRange(reader.metrics.peakMemoryBytes, megabytes) },
  { title: 'command s/M', cell: (reader) => sum(reader, 'commandUserSeconds', 'commandSystemSeconds') },
  {
    title: 'command RSS MB',
    cell: (reader) => withRange(reader.metrics.commandPeakMemoryBytes, megabytes),
  },
  { title: 'requests', cell: (reader) => median(reader.metrics.indexRequests, whole) },
  { title: 'sent MB', cell: (reader) => median(reader.metrics.indexBytes, megabytes) },
  { title: 'accepted ms', cell: (reader) => percentiles(reader, 'accepted') },
  { title: 'published ms', cell: (reader) => percentiles(reader, 'published') },
];

/** Medians, and the range over the runs in brackets; CPU as user + system, latencies as p50 / p90 / p99. Empty is what was not measured. */
export function table(results: readonly ScenarioResult[]): string {
  const titles = ['scenario', ...COLUMNS.map(({ title }) => title)];
  return lined([titles, ...results.flatMap(rows)]);
}

function rows({ scenario, readers, notMeasured }: ScenarioResult): readonly (readonly string[])[] {
  if (notMeasured !== undefined) return [[scenario, `not measured: ${notMeasured}`]];
  return readers.map((reader) => [scenario, ...COLUMNS.map(({ cell }) => cell(reader))]);
}

/** What stands in a shorter line does not widen its column. */
function lined(cells: readonly (readonly string[])[]): string {
  const [titles = [], ...rest] = cells;
  const full = cells.filter(({ length }) => length === titles.length);
  const widths = titles.map((_, place) => Math.max(...full.map((row) => row[place]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, place) => cell.padEnd(widths[place] ?? 0)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [line(titles), rule, ...rest.map(line)].join('\n');
}

function withRange(values: Spread | undefined, text: (value: number) => string): string {
  if (values === undefined) return NOTHING;
  const [middle, min, max] = [text(values.median), text(values.min), text(values.max)];
  return min === max ? middle : `${middle} (${min}-${max})`;
}

function median(values: Spread | undefined, text: (value: number) => string): string {
  return values === undefined ? NOTHING : text(values.median);
}

function sum({ metrics }: ReaderResult, user: Metric, system: Metric): string {
  const [one, other] = [metrics[user], metrics[system]];
  if (one === undefined || other === undefined) return NOTHING;
  return `${hundredths(one.median)} + ${hundredths(other.median)}`;
}

function percentiles({ metrics }: ReaderResult, what: 'accepted' | 'published'): string {
  const values = (['P50', 'P90', 'P99'] as const).flatMap((name) => metrics[`${what}${name}Ms`] ?? []);
  return values.map((value) => value.median.toFixed(1)).join(' / ');
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function hundredths(value: number): string {
  return value.toFixed(2);
}

function megabytes(bytes: number): string {
  return whole(bytes / 1e6);
}
