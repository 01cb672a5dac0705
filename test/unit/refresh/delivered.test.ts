import { expect, test } from 'vitest';
import { parseSnapshot } from '../../../src/database/snapshot.ts';
import { DeliveredTransactions } from '../../../src/refresh/delivered.ts';

test('what a snapshot has seen is forgotten, what it has not is named and kept', () => {
  const delivered = new DeliveredTransactions();
  for (const xid of [10, 11, 12, 20]) delivered.add(xid);
  expect(delivered.seen(parseSnapshot('5:20:5,11'))).toBe(11);
  expect(delivered.size).toBe(2);
  expect(delivered.seen(parseSnapshot('5:20:5'))).toBe(20);
  expect(delivered.seen(parseSnapshot('5:21:5'))).toBeUndefined();
  expect(delivered.size).toBe(0);
});

test('of another server, of another timeline, or where the server was set back, nothing is waited for', () => {
  const delivered = new DeliveredTransactions();
  delivered.from({ systemId: '7', timeline: 1 });
  delivered.add(10);
  delivered.from({ systemId: '7', timeline: 1 });
  expect(delivered.size).toBe(1);
  delivered.from({ systemId: '7', timeline: 2 });
  expect(delivered.size).toBe(0);
  delivered.add(11);
  delivered.from({ systemId: '8', timeline: 2 });
  expect(delivered.size).toBe(0);
  delivered.add(12);
  delivered.forget();
  expect(delivered.seen(parseSnapshot('5:10:'))).toBeUndefined();
});
