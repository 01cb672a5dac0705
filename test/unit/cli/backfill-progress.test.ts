import { expect, test } from 'vitest';
import { ProgressView, progressLine } from '../../../src/cli/backfill-progress.ts';
import { Output } from '../../../src/cli/output.ts';

const progress = (rows: number, table = 'public.t') => ({
  table,
  rows,
  rowsEstimated: 100_000,
  isResumed: false,
  isSorted: false,
  keysInFlight: 0,
  keysInFlightMax: 1_000,
});

function view(isTTY: boolean, asJson = false) {
  const writes: string[] = [];
  const sink = { write: (text: string) => writes.push(text), isTTY, columns: 200 };
  return { view: new ProgressView(new Output(sink, asJson), 0), writes };
}

test('a line has the share, the rows, the rate of late and the time left', () => {
  const samples = [
    { atMs: 0, rows: 20_000 },
    { atMs: 10_000, rows: 50_000 },
  ];
  expect(progressLine(progress(50_000), samples, true)).toBe(
    'public.t  [############............]  50 %  50,000 of about 100,000  3,000/s  about 16.7 s left',
  );
  expect(progressLine(progress(50_000), samples, false)).toBe(
    'public.t  50 %  50,000 of about 100,000  3,000/s  about 16.7 s left',
  );
});

test('nothing is known of the rate at the beginning, and more rows than were estimated are all of them', () => {
  expect(progressLine(progress(0), [{ atMs: 0, rows: 0 }], false)).toBe('public.t  0 %  0 of about 100,000');
  expect(progressLine({ ...progress(5), rowsEstimated: 0 }, [], false)).toBe('public.t  0 %  5 of about 0');
  const samples = [
    { atMs: 0, rows: 0 },
    { atMs: 10_000, rows: 100_000 },
  ];
  expect(progressLine(progress(100_000), samples, false)).toBe(
    'public.t  100 %  100,000 of about 100,000  10,000/s',
  );
});

test('outside of a terminal there is a line every five seconds', () => {
  const { view: lines, writes } = view(false);
  for (let atMs = 0; atMs <= 12_000; atMs += 100) lines.show(progress(atMs), atMs);
  lines.finish();
  expect(writes).toHaveLength(2);
});

test('in a terminal a bar is painted anew, without what a name could make it obey, and stays as it is in the end', () => {
  const { view: bar, writes } = view(true);
  for (let atMs = 0; atMs <= 1_000; atMs += 50) bar.show(progress(atMs * 10, 'public.\u001b[2J'), atMs);
  bar.show(progress(100_000, 'public.\u001b[2J'), 1_010);
  bar.finish();
  expect(writes.length).toBeLessThan(9);
  expect(writes.join('')).not.toContain('\u001b[2J');
  expect(writes.at(-1)).toContain('100 %');
});

test('what it waits for stays above the bar', () => {
  const { view: bar, writes } = view(true);
  bar.show(progress(100), 1_000);
  bar.tell('waiting: \u001b[2J');
  expect(writes.at(-1)).toMatch(/waiting: {2}\[2J\npublic\.t .*100 of about/);
  const { view: lines, writes: written } = view(false);
  lines.tell('waiting');
  expect(written).toEqual(['waiting\n']);
});

test('with --json nothing is shown', () => {
  const { view: silent, writes } = view(true, true);
  silent.tell('waiting');
  silent.show(progress(1), 10_000);
  silent.finish();
  expect(writes).toEqual([]);
});
