import { expect, it, test } from 'vitest';
import type { UniqueIndex } from '../../../src/database/found-tables.ts';
import { findRowKey } from '../../../src/init/row-key.ts';
import { column, table, uniqueIndex } from './found.ts';

const COLUMNS = [column('id', 'bigint not null'), column('code', 'text'), column('at', 'timestamptz')];
const keyOf = (...uniqueIndexes: UniqueIndex[]) => findRowKey(table('a.b', COLUMNS, { uniqueIndexes }));

it('is the first index that tells every row apart; the catalog gives the primary key and the smallest first', () => {
  const first = uniqueIndex(['code', 'at'], { isPrimary: true });
  expect(keyOf(first, uniqueIndex(['code']))).toEqual({ columns: ['code', 'at'], isSure: true });
});

test.each<Partial<UniqueIndex>>([
  { isPartial: true },
  { hasExpressions: true },
  { isDeferrable: true, isPrimary: true },
  { allowsNull: true },
  { hasGenerated: true },
])('is not an index with %j', (more) => {
  expect(keyOf(uniqueIndex(['code'], more))).toEqual({ columns: ['id'], isSure: false });
  expect(keyOf(uniqueIndex(['code'], more), uniqueIndex(['at']))).toEqual({ columns: ['at'], isSure: true });
});

test.each([
  [[column('n', 'bigint', { isCounted: true }), column('id')], 'n'],
  [[column('ref', 'uuid', { hasDefault: true }), column('at', 'timestamptz')], 'ref'],
  [[column('at', 'timestamptz'), column('eventId')], 'eventId'],
])('is guessed where there is no index: %#', (columns, name) => {
  expect(findRowKey(table('a.b', columns))).toEqual({ columns: [name], isSure: false });
});

it('is nothing where nothing lends itself', () => {
  expect(findRowKey(table('a.b', [column('at', 'timestamptz'), column('what')]))).toBeUndefined();
});
