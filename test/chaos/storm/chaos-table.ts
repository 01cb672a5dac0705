import type { Check } from './checks.ts';
import type { StormStep } from './storm.ts';

const COLUMNS = [
  'fault',
  'times',
  'rows',
  'recovery median',
  'max',
  'lost',
  'extra',
  'stale',
  'redelivered',
  'peak RSS',
];

/** One line for each fault, in Markdown; of two at the same time, what came of them counts for both. */
export function chaosTable(steps: readonly StormStep[]): string {
  const names = [...new Set(steps.flatMap(({ faults }) => faults))].sort();
  const lines = names.map((name) =>
    line(
      name,
      steps.filter(({ faults }) => faults.includes(name)),
    ),
  );
  const rows = [COLUMNS, ...lines, line('all', steps)];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const printed = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)));
  printed.splice(
    1,
    0,
    widths.map((width) => '-'.repeat(width)),
  );
  return printed.map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function line(name: string, steps: readonly StormStep[]): readonly string[] {
  const sum = (of: (step: StormStep) => number): number => steps.reduce((total, step) => total + of(step), 0);
  const found = (check: Check): string =>
    String(sum(({ problems }) => problems.filter((problem) => problem.check === check).length));
  const recoveries = steps.map(({ recoveryMs }) => recoveryMs).toSorted((a, b) => a - b);
  return [
    name,
    String(steps.length),
    String(sum(({ rows }) => rows)),
    seconds(recoveries[Math.floor(recoveries.length / 2)]),
    seconds(recoveries.at(-1)),
    found('lost'),
    found('extra'),
    found('stale'),
    String(sum(({ redelivered }) => redelivered)),
    `${Math.round(Math.max(0, ...steps.map(({ peakBytes }) => peakBytes)) / 1e6)} MB`,
  ];
}

function seconds(ms: number | undefined): string {
  return `${((ms ?? 0) / 1_000).toFixed(1)} s`;
}
