import { expect, test } from 'vitest';
import type { Refresh } from '../../../src/records/operations.ts';
import { NO_TRANSACTION } from '../../../src/records/transaction.ts';
import { resolvedLine } from '../../../src/refresh/resolved-line.ts';
import { operation, position } from '../algolia/operations.ts';

const refresh = (objectID: string): Refresh => ({
  kind: 'refresh',
  table: 'public.t',
  relationOid: undefined,
  index: 'a',
  objectID,
  transaction: NO_TRANSACTION,
  isChange: false,
  isRemoval: false,
  bytesMax: 100,
});
const [one, two, dropped] = [refresh('1'), refresh('2'), refresh('3')];
const pending = new Set([one, two]);
const row = (objectID: string) => ({ ...operation(objectID), start: 0, end: 60 });

test('each row stands in the place of its refresh, and nothing in that of one that is not pending', () => {
  const steps = [one, position(1n), dropped, two, operation('3')];
  const found = new Map([
    [one, [row('1')]],
    [two, [row('2')]],
  ]);
  expect(resolvedLine(steps, pending, found, 1_000)).toEqual([
    row('1'),
    position(1n),
    row('2'),
    operation('3'),
  ]);
});

test('from the first that was not read on, all follows as it was given', () => {
  const steps = [one, position(1n), two, dropped, operation('3')];
  const line = resolvedLine(steps, pending, new Map([[one, [row('1')]]]), 1_000);
  expect(line).toEqual([row('1'), position(1n), two, dropped, operation('3')]);
});

test('from the first on for which there is no room as well, but a single row always has some', () => {
  const found = new Map([
    [one, [row('1')]],
    [two, [row('2')]],
  ]);
  expect(resolvedLine([one, position(1n), two], pending, found, 100)).toEqual([row('1'), position(1n), two]);
  expect(resolvedLine([one, position(1n), two], pending, found, 120)).toHaveLength(3);
  expect(resolvedLine([one, two], pending, found, 10)).toEqual([row('1'), two]);
  expect(resolvedLine([position(1n), one, two], pending, found, 10)).toEqual([position(1n), row('1'), two]);
});
