import { expect, test } from 'vitest';
import { metricsOf, readerResults } from '../../bench/result.ts';
import type { Measurement } from '../../bench/turn.ts';

const facts = { requests: 4, bytes: 900, records: 2_000, distinctIds: 0, largestRequest: 0, checksum: 0 };
const measurement: Measurement = {
  seconds: 0.01,
  cpu: { user: 0.02, system: 0.01 },
  walsenderCpu: { user: 0.004, system: 0.006 },
  peakMemoryBytes: 5e6,
};

const run = (baselineSeconds: number, seconds: number) => [
  { reader: 'pg_recvlogical', measurement: { ...measurement, seconds: baselineSeconds } },
  { reader: 'wal2algolia', measurement: { ...measurement, seconds, index: facts } },
];

test('CPU time is per million rows, a ratio that of the speeds within one run', () => {
  const [baseline, own] = metricsOf(run(0.02, 0.01), 2_000);
  expect(baseline).toMatchObject({ rowsPerSecond: 100_000, ratio: 1 });
  expect(own).toEqual({
    rowsPerSecond: 200_000,
    ratio: 2,
    seconds: 0.01,
    cpuUserSeconds: 10,
    cpuSystemSeconds: 5,
    walsenderUserSeconds: 2,
    walsenderSystemSeconds: 3,
    peakMemoryBytes: 5e6,
    indexBytes: 900,
    indexRequests: 4,
  });
});

test('over runs, each metric of each reader is a spread, and the ratio is taken before', () => {
  const results = readerResults([run(4, 2), run(10, 10), run(9, 3)], 3_000);
  expect(results.map(({ reader }) => reader)).toEqual(['pg_recvlogical', 'wal2algolia']);
  expect(results[1]?.metrics.seconds).toEqual({ median: 3, min: 2, max: 10 });
  expect(results[1]?.metrics.ratio).toEqual({ median: 2, min: 1, max: 3 });
});

test('without somebody who only reads there is no ratio', () => {
  const [own] = metricsOf(run(1, 1).slice(1), 1);
  expect(own).not.toHaveProperty('ratio');
});

test('what one run lacks is not told of the others', () => {
  const unseen = { ...measurement, cpu: undefined, walsenderCpu: undefined };
  const [result] = readerResults(
    [measurement, unseen].map((each) => [{ reader: 'pg_recvlogical', measurement: each }]),
    1_000,
  );
  expect(Object.keys(result?.metrics ?? {})).toEqual([
    'rowsPerSecond',
    'ratio',
    'seconds',
    'peakMemoryBytes',
  ]);
});

test('latencies become their percentiles', () => {
  const latency = { acceptedMs: [1, 2, 3, 4, 100], publishedMs: [10, 20, 30, 40, 50] };
  const [own] = metricsOf([{ reader: 'wal2algolia', measurement: { ...measurement, latency } }], 5);
  expect(own).toMatchObject({ acceptedP50Ms: 3, acceptedP90Ms: 100, acceptedP99Ms: 100, publishedP50Ms: 30 });
});
