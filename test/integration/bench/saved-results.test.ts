import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { type BenchResult, newestResult, saveResult } from '../../bench/saved-results.ts';
import { writePlot } from '../../bench/write-plot.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';

const same = (value: number) => ({ median: value, min: value, max: value });

const result = (measuredAt: string, ...rows: readonly number[]): BenchResult => ({
  measuredAt,
  runs: 1,
  machine: { cpu: 'one', cores: 2, memoryBytes: 8e9, kernel: 'Linux', node: 'v20' },
  programs: [{ reader: 'wal2algolia', commit: null, clean: null }],
  scenarios: rows.map((each) => ({
    scenario: `size-${each}`,
    rows: each,
    perTransaction: 1_000,
    readers: [{ reader: 'wal2algolia', metrics: { seconds: same(1), peakMemoryBytes: same(1e8) } }],
  })),
});

test('the newest result that fits is found, and is the one that is drawn', async () => {
  await using directory = await scratchDirectory();
  const results = [
    result('2026-01-02T10:00:00.000Z', 1_000, 10_000),
    result('2026-01-02T11:00:00.000Z', 100_000, 1_000_000),
    result('2026-01-03T10:00:00.000Z', 10_000),
  ];
  const paths = [];
  for (const [place, each] of results.entries()) {
    paths.push(await saveResult(each, `result-${place}`, directory.path));
  }
  expect(paths.map((path) => basename(path))).toEqual([
    '2026-01-02-result-0.json',
    '2026-01-02-result-1.json',
    '2026-01-03-result-2.json',
  ]);
  expect(await newestResult(() => true, directory.path)).toEqual(results[2]);
  const picture = join(directory.path, 'bench.svg');
  expect(await writePlot(directory.path, picture)).toBe(picture);
  expect(await readFile(picture, 'utf8')).toContain('>1M<');
});

test('where nothing is saved, nothing is drawn', async () => {
  await using directory = await scratchDirectory();
  await expect(writePlot(join(directory.path, 'none'), join(directory.path, 'bench.svg'))).rejects.toThrow(
    'no saved result holds backlogs of several lengths',
  );
});
