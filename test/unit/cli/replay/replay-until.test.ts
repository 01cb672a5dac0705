import { expect, test } from 'vitest';
import { askedUntil, checkBetween, replayEnd } from '../../../../src/cli/replay/replay-until.ts';
import type { Lsn } from '../../../../src/lsn.ts';

const end = { lsn: 200n as Lsn, micros: 1_000n };
const from = 100n as Lsn;

test('now, a position or a time', () => {
  expect(replayEnd(askedUntil('now'), from, end)).toEqual({ lsn: 200n, micros: undefined });
  expect(replayEnd(askedUntil('0/96'), from, end)).toEqual({ lsn: 150n, micros: undefined });
  expect(askedUntil('2026-11-23T14:00:00.123456Z')).toEqual({ micros: 1_795_442_400_123_456n });
  expect(replayEnd({ micros: 999n }, from, end)).toEqual({ lsn: 200n, micros: 999n });
  expect(() => askedUntil('yesterday')).toThrow(/Expected now, a position/);
});

test('where there is nothing in between', () => {
  expect(replayEnd({ lsn: 200n as Lsn }, from, end).lsn).toBe(200n);
  expect(() => replayEnd({ lsn: 201n as Lsn }, from, end)).toThrow(/behind the end of the WAL, 0\/C8/);
  expect(() => replayEnd({ lsn: 100n as Lsn }, from, end)).toThrow(
    /not behind the bookmark, which stands at 0\/64/,
  );
  expect(() => replayEnd({ micros: 1_001n }, from, end)).toThrow(/still to come/);
});

test('a time before the bookmark was made is refused where nothing lies between', () => {
  const bookmark = { name: 'b', madeAtMicros: 1_000n };
  const check = (micros: bigint | undefined, transactions: number, made: bigint | undefined = 1_000n) =>
    checkBetween({ ...bookmark, madeAtMicros: made }, { lsn: end.lsn, micros }, transactions);
  expect(() => check(1_000n, 0)).toThrow(
    /lies before bookmark "b", which was made at 1970-01-01T00:00:00.001/,
  );
  // The slot stood far behind.
  expect(() => check(999n, 1)).not.toThrow();
  // Nothing happened since.
  expect(() => check(1_001n, 0)).not.toThrow();
  expect(() => check(undefined, 0)).not.toThrow();
  expect(() =>
    checkBetween({ name: 'b', madeAtMicros: undefined }, { lsn: end.lsn, micros: 1n }, 0),
  ).not.toThrow();
});
