import { expect, test } from 'vitest';
import { plot, seriesOf } from '../../bench/plot.ts';
import type { ReaderResult, ScenarioResult } from '../../bench/result.ts';

const same = (value: number) => ({ median: value, min: value, max: value });

const reader = (name: string, seconds: number, megabytes: number): ReaderResult => ({
  reader: name,
  metrics: { seconds: same(seconds), peakMemoryBytes: same(megabytes * 1e6) },
});

const size = (scenario: string, rows: number, ...readers: readonly ReaderResult[]): ScenarioResult => ({
  scenario,
  rows,
  perTransaction: 1_000,
  readers,
});

const results = [
  size('size-1m', 1_000_000, reader('wal2algolia', 4, 120), reader('plain stack', 9, 250)),
  size('thousand', 1_000_000, reader('wal2algolia', 99, 99)),
  size('size-10k', 10_000, reader('wal2algolia', 0.05, 110), reader('plain stack', 0.2, 140)),
  size('size-100k', 100_000, reader('wal2algolia', 0.4, 115)),
];

test('a series is what one reader took for each length, the shortest first; who lacks one is left out', () => {
  expect(seriesOf(results)).toEqual([
    {
      reader: 'wal2algolia',
      points: [
        { rows: 10_000, seconds: 0.05, peakMegabytes: 110 },
        { rows: 100_000, seconds: 0.4, peakMegabytes: 115 },
        { rows: 1_000_000, seconds: 4, peakMegabytes: 120 },
      ],
    },
  ]);
});

test('one length alone makes no series', () => {
  expect(seriesOf(results.slice(0, 1))).toEqual([]);
});

test('time is drawn on logarithmic scales, memory from zero, in both colour schemes', () => {
  const svg = plot(seriesOf(results));
  expect(svg).toContain('prefers-color-scheme: dark');
  // Rows from 10k to 1M, seconds from 0.01 to 10: 0.05 s lies log10(5) / 3 above the bottom, 4 s log10(400) / 3.
  expect(svg).toContain('d="M60.0 232.0L205.0 170.0L350.0 101.3"');
  // Megabytes from 0 to 150.
  expect(svg).toContain('d="M440.0 128.9L585.0 122.1L730.0 115.2"');
  expect(svg.match(/<circle/g)).toHaveLength(6);
  for (const label of ['>10k<', '>100k<', '>1M<', '>0.01<', '>10<', '>0<', '>150<', '>wal2algolia<']) {
    expect(svg).toContain(label);
  }
});

test('a name is text, whatever is in it', () => {
  const [series] = seriesOf(results);
  expect(plot([{ points: series?.points ?? [], reader: 'a<b & c' }])).toContain('>a&lt;b &amp; c<');
});

test('nothing cannot be drawn', () => {
  expect(() => plot([])).toThrow(RangeError);
});
