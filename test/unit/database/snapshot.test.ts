import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isVisible, parseSnapshot } from '../../../src/database/snapshot.ts';

test('what a snapshot sees: all before its end but those that were running', () => {
  const snapshot = parseSnapshot('700:705:700,703');
  expect([698, 700, 701, 703, 704, 705, 900].filter((xid) => isVisible(xid, snapshot))).toEqual([
    698, 701, 704,
  ]);
  expect(isVisible(704, parseSnapshot('705:705:'))).toBe(true);
});

test('xids of replication have 32 bits, those of snapshots 64: they are compared modulo 2^32', () => {
  const epoch = 3n * 2n ** 32n;
  const snapshot = parseSnapshot(`${epoch - 5n}:${epoch + 10n}:${epoch - 5n},${epoch + 3n}`);
  const before = 2 ** 32 - 5;
  expect([before - 1, before, before + 1, 2, 3, 9, 10, 11].map((xid) => isVisible(xid, snapshot))).toEqual([
    true,
    false,
    true,
    true,
    false,
    true,
    false,
    false,
  ]);
});

test('wherever the counter stands, what lies within half a circle before the end is seen', () => {
  const wide = fc.bigInt({ min: 3n, max: 2n ** 60n });
  fc.assert(
    fc.property(wide, fc.integer({ min: 1, max: 2 ** 31 - 1 }), (end, distance) => {
      const snapshot = parseSnapshot(`${end}:${end}:`);
      const xid = (offset: number) => Number(BigInt.asUintN(32, end + BigInt(offset)));
      expect(isVisible(xid(-distance), snapshot)).toBe(true);
      expect(isVisible(xid(distance - 1), snapshot)).toBe(false);
    }),
  );
});

test('anything else is refused', () => {
  for (const text of ['', '1:2', '1:2:x', 'a:b:c']) expect(() => parseSnapshot(text)).toThrow(RangeError);
});
