import { expect, test } from 'vitest';
import type { Refresh } from '../../../src/records/operations.ts';
import { NO_TRANSACTION } from '../../../src/records/transaction.ts';
import { apart } from '../../../src/refresh/apart.ts';

const refresh = (objectID: string, table: string, more: Partial<Refresh> = {}): Refresh => ({
  kind: 'refresh',
  table,
  relationOid: undefined,
  index: 'i',
  objectID,
  transaction: NO_TRANSACTION,
  isChange: false,
  isRemoval: false,
  bytesMax: 1,
  ...more,
});

test('refreshes are grouped by table and relation, wishes for themselves, each group in the order of the line', () => {
  const change = { isChange: true, relationOid: 7 };
  const groups = [
    ...apart([
      refresh('1', 't'),
      refresh('2', 't'),
      refresh('3', 'u'),
      refresh('4', 't', change),
      refresh('5', 't', { ...change, relationOid: 8 }),
      refresh('6', 't'),
      refresh('7', 't', change),
    ]),
  ];
  const ids = groups.map((group) => group.map(({ objectID }) => objectID));
  expect(ids).toEqual([['1', '2', '6'], ['3'], ['4', '7'], ['5']]);
});
