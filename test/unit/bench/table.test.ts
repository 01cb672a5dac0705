import { expect, test } from 'vitest';
import type { ScenarioResult } from '../../bench/result.ts';
import { table } from '../../bench/table.ts';

const same = (value: number) => ({ median: value, min: value, max: value });

const results: readonly ScenarioResult[] = [
  {
    scenario: 'thousand',
    rows: 1_000_000,
    perTransaction: 1_000,
    readers: [
      { reader: 'pg_recvlogical', metrics: { rowsPerSecond: same(133_000), ratio: same(1) } },
      {
        reader: 'wal2algolia',
        metrics: {
          rowsPerSecond: { median: 250_000, min: 240_000, max: 260_000.4 },
          cpuUserSeconds: same(1.5),
          cpuSystemSeconds: same(0.404),
          peakMemoryBytes: same(104_600_000),
          acceptedP50Ms: same(0.44),
          acceptedP90Ms: same(1),
          acceptedP99Ms: same(2.06),
        },
      },
    ],
  },
  { scenario: 'wal2json', rows: 1, perTransaction: 1, readers: [], notMeasured: 'no wal2json' },
];

const cells = (line: string | undefined) => line?.split('|').map((cell) => cell.trim());

test('a line for each reader of each scenario, with the range where there is one', () => {
  const lines = table(results).split('\n');
  expect(lines).toHaveLength(5);
  expect(cells(lines[2])).toEqual([
    '',
    'thousand',
    'pg_recvlogical',
    '133,000',
    '1.00',
    ...Array(10).fill(''),
  ]);
  const own = cells(lines[3]);
  expect(own?.slice(1, 4)).toEqual(['thousand', 'wal2algolia', '250,000 (240,000-260,000)']);
  expect(own).toContain('1.50 + 0.40');
  expect(own).toContain('105');
  expect(own).toContain('0.4 / 1.0 / 2.1');
});

test('what was not measured is said, and is no number', () => {
  expect(cells(table(results).split('\n')[4])).toEqual(['', 'wal2json', 'not measured: no wal2json', '']);
});

test('the columns stand below each other', () => {
  const [title, rule, ...rest] = table(results).split('\n');
  for (const line of [rule, ...rest.slice(0, 2)]) expect(line).toHaveLength(title?.length ?? 0);
  // A long reason widens none of them.
  expect(table(results.slice(0, 1)).split('\n')[0]).toBe(title);
});
