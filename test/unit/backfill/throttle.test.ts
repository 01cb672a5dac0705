import { expect, test } from 'vitest';
import { Throttle } from '../../../src/backfill/throttle.ts';

test('well below the limit more keys are asked for at once, up to a bound', () => {
  const throttle = new Throttle({ lagMaxMs: 1_000 });
  const before = throttle.keysInFlightMax;
  throttle.confirmed(0, 499);
  expect(throttle.keysInFlightMax).toBe(1.25 * before);
  for (let turn = 0; turn < 100; turn++) throttle.confirmed(0, 100);
  expect(throttle.keysInFlightMax).toBe(50_000);
  expect(throttle.chunkKeys).toBe(5_000);
});

test('between half of the limit and the limit it stays', () => {
  const throttle = new Throttle({ lagMaxMs: 1_000 });
  const before = throttle.keysInFlightMax;
  throttle.confirmed(0, 500);
  throttle.confirmed(0, 1_000);
  expect(throttle.keysInFlightMax).toBe(before);
});

test('above the limit it is halved, once for what was asked for before the step, and down to a bound', () => {
  const throttle = new Throttle({ lagMaxMs: 1_000 });
  const before = throttle.keysInFlightMax;
  throttle.confirmed(0, 1_001);
  expect(throttle.keysInFlightMax).toBe(before / 2);
  throttle.confirmed(500, 1_600);
  expect(throttle.keysInFlightMax).toBe(before / 2);
  throttle.confirmed(1_700, 2_800);
  expect(throttle.keysInFlightMax).toBe(before / 4);
  for (let turn = 2; turn < 30; turn++) throttle.confirmed(turn * 2_000, turn * 2_000 + 1_500);
  expect(throttle.keysInFlightMax).toBe(100);
  expect(throttle.chunkKeys).toBe(100);
});

test('several chunks are under way at once, as long as they are worth one', () => {
  const throttle = new Throttle({ lagMaxMs: 1_000 });
  expect(throttle.chunkKeys).toBe(throttle.keysInFlightMax / 4);
});
