import { expect, test } from 'vitest';
import { newerRecords } from '../../../src/verify/newer.ts';

const SNAPSHOT = { xmax: 100, running: new Set([97]) };
const by = (xid: unknown) => ({ wal: { xid } });

test.each([
  ['seen', by(99), false],
  ['still running', by(97), true],
  ['begun since', by(100), true],
  ['the last one that has begun', by(149), true],
  ['not begun by now', by(150), false],
  ['behind the end of the circle', by(4_294_967_290), false],
  ['ahead on the circle', by(1_000_000_000), false],
  ['half a circle ahead', by(100 + 2 ** 31), false],
  ['without a commit', {}, false],
  ['null', { wal: null }, false],
  ['anything', by('100'), false],
])('a record whose transaction is %s', async (_, record, expected) => {
  expect((await newerRecords([record], SNAPSHOT, async () => 150)).has(record)).toBe(expected);
});

test('the next xid is asked for once, after records of which one is not seen', async () => {
  let asked = 0;
  const nextXid = async () => {
    asked += 1;
    return 5;
  };
  expect((await newerRecords([by(99), {}], SNAPSHOT, nextXid)).size).toBe(0);
  expect(asked).toBe(0);
  const around = { xmax: 2 ** 32 - 2, running: new Set<number>() };
  const records = [by(2 ** 32 - 1), by(4), by(5), by(6)];
  expect(await newerRecords(records, around, nextXid)).toEqual(new Set(records.slice(0, 2)));
  expect(asked).toBe(1);
});
