import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  isInSlice,
  isWithin,
  type WindowKey,
  windowFilter,
  windowsBetween,
} from '../../../src/verify/windows.ts';

test('every objectID is in one slice, also when a slice is halved', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 9 }), (objectID, of) => {
      const within = Array.from({ length: of }, (_, at) => at).filter((at) =>
        isInSlice(objectID, { at, of }),
      );
      expect(within).toHaveLength(1);
      const [at = 0] = within;
      const halves = [at, at + of].filter((half) => isInSlice(objectID, { at: half, of: 2 * of }));
      expect(halves).toHaveLength(1);
    }),
  );
});

test('slices are of about the same size', () => {
  const counts = [0, 0, 0, 0];
  for (let id = 0; id < 10_000; id++)
    for (let at = 0; at < 4; at++) if (isInSlice(`${id}`, { at, of: 4 })) counts[at] = (counts[at] ?? 0) + 1;
  for (const count of counts) expect(count).toBeGreaterThan(2_000);
});

test('windows follow each other without a gap', () => {
  const open = { from: undefined, to: undefined };
  expect(windowsBetween(open, [])).toEqual([open]);
  expect(windowsBetween(open, [3, 1, 3])).toEqual([
    { from: undefined, to: 1 },
    { from: 1, to: 3 },
    { from: 3, to: undefined },
  ]);
  expect(windowsBetween({ from: 1, to: 5 }, [0, 1, 2, 5, 6])).toEqual([
    { from: 1, to: 2 },
    { from: 2, to: 5 },
  ]);
  expect(windowsBetween(open, [-5e15, 1, 4611686018427386, 4611686018427387, 6e15])).toEqual([
    { from: undefined, to: 1 },
    { from: 1, to: 4611686018427386 },
    { from: 4611686018427386, to: undefined },
  ]);
});

test('a filter that every number passes that can be compared, and those of windows', () => {
  const key: WindowKey = {
    kind: 'time',
    attribute: 'at_ms',
    column: { name: 'at', measure: 'instant', timeZone: undefined },
  };
  expect(windowFilter(key, { from: undefined, to: undefined })).toBe(
    'at_ms > -4611686018427387 AND at_ms < 4611686018427387',
  );
  expect(windowFilter(key, { from: -5, to: undefined })).toBe('at_ms >= -5');
  expect(windowFilter(key, { from: 1, to: 2 })).toBe('at_ms >= 1 AND at_ms < 2');
  const within = [-5, -0, 1, 1.5, 2, '1', null, [1]].filter((value) => isWithin(value, { from: 1, to: 2 }));
  expect(within).toEqual([1, 1.5]);
  expect(isWithin(-1e300, { from: undefined, to: undefined })).toBe(true);
});
