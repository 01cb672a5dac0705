import { expect, test } from 'vitest';
import type { Refresh, Step, Truncation } from '../../../src/records/operations.ts';
import { NO_TRANSACTION } from '../../../src/records/transaction.ts';
import { pendingRefreshes } from '../../../src/refresh/pending-refreshes.ts';
import { operation, position } from '../algolia/operations.ts';

const refresh = (objectID: string, more: Partial<Refresh> = {}): Refresh => ({
  kind: 'refresh',
  table: 'public.audit_log',
  relationOid: 1,
  index: 'a',
  objectID,
  transaction: NO_TRANSACTION,
  isChange: true,
  isRemoval: false,
  bytesMax: 100,
  ...more,
});
const truncation: Truncation = {
  kind: 'truncate',
  table: 'public.audit_log',
  index: 'a',
  prefix: undefined,
  bytes: Buffer.alloc(0),
  start: 0,
  end: 0,
};
const pending = (...steps: Step[]) => pendingRefreshes(steps);

test('a refresh is dropped when its record is written or deleted behind it, and not when that was before', () => {
  const [one, two, three] = [refresh('1'), refresh('2'), refresh('3')];
  expect(pending(one, two, operation('1'), operation('2', { kind: 'delete' }), three, position(1n))).toEqual([
    three,
  ]);
  expect(pending(operation('1'), one)).toEqual([one]);
  expect(pending(one, operation('1', { index: 'b' }))).toEqual([one]);
});

test('a row that cannot be a record writes nothing: what is before it is still read', () => {
  const unfit = {
    ...refresh('1'),
    kind: 'unfit',
    problem: 'too-large',
    message: '',
    place: undefined,
  } as const;
  const one = refresh('1', { isRemoval: true });
  expect(pending(one, { ...unfit, record: undefined })).toEqual([one]);
  expect(pending({ ...unfit, record: undefined }, one)).toEqual([one]);
});

test('a truncation of its table voids it, one of another table does not', () => {
  const one = refresh('1');
  expect(pending(one, truncation)).toEqual([]);
  expect(pending(truncation, one)).toEqual([one]);
  expect(pending(one, { ...truncation, table: 'public.other' })).toEqual([one]);
});

test('each record is read once: for its last change, else for whoever asked', () => {
  const [first, last] = [refresh('1'), refresh('1')];
  const asked = refresh('1', { isChange: false });
  expect(pending(first, last)).toEqual([last]);
  expect(pending(first, last)[0]).toBe(last);
  expect(pending(first, asked)[0]).toBe(first);
  expect(pending(asked, first)[0]).toBe(first);
  // The delete in between has the last word on the change, and the one who asked comes behind it.
  expect(pending(first, operation('1', { kind: 'delete' }), asked)[0]).toBe(asked);
});

test('of two that were asked for, the one that takes the record away is kept, else the last', () => {
  const [first, last] = [refresh('1', { isChange: false }), refresh('1', { isChange: false })];
  const removal = refresh('1', { isChange: false, isRemoval: true });
  expect(pending(first, last)[0]).toBe(last);
  expect(pending(first, removal)).toEqual([removal]);
  expect(pending(removal, last)).toEqual([removal]);
});

test('what stands behind a draft of the record, or a row that cannot be one, does not go before it', () => {
  const draft = { ...operation('1'), kind: 'draft', unfinished: [] } as unknown as Step;
  const unfit = { ...refresh('1'), kind: 'unfit', problem: 'too-large', message: '' } as unknown as Step;
  const change = refresh('1');
  const asked = refresh('1', { isChange: false });
  for (const between of [draft, unfit]) {
    expect(pending(change, between, asked)).toEqual([change, asked]);
    expect(pending(asked, between, change)).toEqual([asked, change]);
    expect(pending(asked, between)).toEqual([asked]);
    expect(pending(between, change, asked)).toEqual([change]);
    expect(pending(change, between, asked, operation('1'))).toEqual([]);
  }
});

test('they keep the order of the line, whatever their tables', () => {
  const other = refresh('1', { table: 'public.other', index: 'b' });
  const [one, two] = [refresh('1'), refresh('2')];
  expect(pending(two, other, one)).toEqual([two, other, one]);
});
