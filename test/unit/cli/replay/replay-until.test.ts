import { expect, test } from 'vitest';
import { askedUntil, replayEnd } from '../../../../src/cli/replay/replay-until.ts';
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
