import { expect, test } from 'vitest';
import { ProgressView, progressLines } from '../../../../src/cli/backfill/backfill-progress.ts';
import { Output } from '../../../../src/cli/output.ts';

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
  expect(progressLines(progress(50_000), samples, 120)).toEqual([
    'public.t  [############............]  50 %  50,000 of about 100,000  3,000/s  about 16.7 s left',
  ]);
  expect(progressLines(progress(50_000), samples, undefined)).toEqual([
    'public.t  50 %  50,000 of about 100,000  3,000/s  about 16.7 s left',
  ]);
});

test('a narrow terminal has the numbers below the bar, and what is done has nothing left', () => {
  const samples = [
    { atMs: 0, rows: 20_000 },
    { atMs: 10_000, rows: 50_000 },
  ];
  expect(progressLines(progress(50_000), samples, 80)).toEqual([
    'public.t  [############............]  50 %',
    '  50,000 of about 100,000  3,000/s  about 16.7 s left',
  ]);
  expect(progressLines(progress(50_000), samples, 40)[0]).toBe('public.t  [##########..........]  50 %');
  expect(progressLines(progress(100_000), samples, undefined)).toEqual([
    'public.t  100 %  100,000 of about 100,000  3,000/s',
  ]);
});

test('nothing is known of the rate at the beginning, and more rows than were estimated are all of them', () => {
  expect(progressLines(progress(0), [{ atMs: 0, rows: 0 }], undefined)).toEqual([
    'public.t  0 %  0 of about 100,000',
  ]);
  expect(progressLines({ ...progress(5), rowsEstimated: 0 }, [], undefined)).toEqual([
    'public.t  0 %  5 of about 0',
  ]);
  const samples = [
    { atMs: 0, rows: 0 },
    { atMs: 10_000, rows: 100_000 },
  ];
  expect(progressLines(progress(100_000), samples, undefined)).toEqual([
    'public.t  100 %  100,000 of about 100,000  10,000/s',
  ]);
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

test('with --json nothing is shown', () => {
  const { view: silent, writes } = view(true, true);
  silent.show(progress(1), 10_000);
  silent.finish();
  expect(writes).toEqual([]);
});
