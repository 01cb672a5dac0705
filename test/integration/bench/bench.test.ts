import { expect, test } from 'vitest';
import type { BenchResult } from '../../bench/saved-results.ts';
import { startBench } from './bench-command.ts';

const positive = { median: expect.any(Number), min: expect.any(Number), max: expect.any(Number) };

test('two small scenarios through the real command: everything that is measured of them', async () => {
  const scenarios = ['--scenario', 'thousand', '--scenario', 'steady'];
  const { stdout } = await startBench([...scenarios, '--rows', '3000', '--runs', '1', '--json']).ended;
  const result = JSON.parse(stdout) as BenchResult;
  expect(result).toMatchObject({
    measuredAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    runs: 1,
    machine: { cores: expect.any(Number), node: process.version },
    programs: [{ reader: 'wal2algolia' }],
    scenarios: [
      { scenario: 'thousand', rows: 3_000, perTransaction: 1_000, postgres: expect.any(String) },
      { scenario: 'steady', rows: 3_000, perTransaction: 1, postgres: expect.any(String) },
    ],
  });
  const [thousand, steady] = result.scenarios;
  expect(thousand?.readers.map(({ reader }) => reader)).toEqual([
    expect.stringMatching(/^pg/),
    'wal2algolia',
    'plain stack',
  ]);
  for (const { metrics } of thousand?.readers.slice(1) ?? []) {
    expect(metrics).toMatchObject({ rowsPerSecond: positive, ratio: positive, cpuUserSeconds: positive });
    expect(metrics.peakMemoryBytes?.median).toBeGreaterThan(10e6);
    expect(metrics.indexBytes?.median).toBeGreaterThan(3_000 * 100);
  }
  expect(steady?.readers.map(({ reader }) => reader)).toEqual(['wal2algolia']);
  const latency = steady?.readers[0]?.metrics;
  expect(latency?.publishedP50Ms?.median).toBeGreaterThan(latency?.acceptedP50Ms?.median ?? Infinity);
  expect(latency?.acceptedP99Ms?.median).toBeGreaterThanOrEqual(latency?.acceptedP50Ms?.median ?? Infinity);
});

test('a function of the user: every row comes to the index, larger than it was', async () => {
  const scenarios = ['--scenario', 'size-10k', '--scenario', 'transform'];
  const { stdout } = await startBench([...scenarios, '--rows', '3000', '--runs', '1', '--json']).ended;
  const result = JSON.parse(stdout) as BenchResult;
  const [transform, plain] = result.scenarios.map(
    ({ readers }) => readers.find(({ reader }) => reader === 'wal2algolia')?.metrics.indexBytes?.median ?? 0,
  );
  expect(result.scenarios.map(({ scenario }) => scenario)).toEqual(['transform', 'size-10k']);
  // `,"summary":"report.renamed by user_1"`
  expect((transform ?? 0) - (plain ?? 0)).toBeGreaterThan(3_000 * 30);
});

test('rows of the past: what COPY, backfill and verify take for them', async () => {
  const scenarios = ['--scenario', 'backfill', '--scenario', 'verify'];
  const { stdout, stderr } = await startBench([...scenarios, '--rows', '3000', '--runs', '2', '--json'])
    .ended;
  expect(stdout, stderr).not.toBe('');
  const { scenarios: results } = JSON.parse(stdout) as BenchResult;
  expect(results.map(({ scenario, rows }) => [scenario, rows])).toEqual([
    ['backfill', 3_000],
    ['verify', 3_000],
  ]);
  const [copy, backfill] = results[0]?.readers ?? [];
  expect(copy).toMatchObject({
    reader: expect.stringMatching(/^COPY/),
    metrics: { rowsPerSecond: positive },
  });
  expect(backfill).toMatchObject({
    reader: 'backfill',
    metrics: { ratio: positive, cpuUserSeconds: positive, commandUserSeconds: positive },
  });
  expect(backfill?.metrics.commandPeakMemoryBytes?.median).toBeGreaterThan(10e6);
  expect(backfill?.metrics.indexBytes?.min).toBeGreaterThan(3_000 * 100);
  const [verify] = results[1]?.readers ?? [];
  expect(verify).toMatchObject({ reader: 'verify', metrics: { seconds: positive, indexRequests: positive } });
  expect(verify?.metrics.peakMemoryBytes?.median).toBeGreaterThan(10e6);
});
