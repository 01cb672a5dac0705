import { expect, test } from 'vitest';
import { Unsettled } from '../../../src/algolia/unsettled.ts';
import { operation } from './operations.ts';

const ids = (keys: readonly { readonly objectID: string }[]) => keys.map(({ objectID }) => objectID);

test('what nobody writes again is forgotten when its time is up, and holds nothing', () => {
  const unsettled = new Unsettled(100);
  unsettled.add('a', [operation('1'), operation('2')], 0);
  expect([unsettled.holds, unsettled.dueInMs(30)]).toEqual([false, 70]);
  expect(unsettled.due(100)).toEqual([]);
  expect(unsettled.dueInMs(100)).toBeUndefined();
});

test('what is written again holds until a write that began after its time was up is accepted', () => {
  const unsettled = new Unsettled(100);
  unsettled.add('a', [operation('1'), operation('2'), operation('3')], 0);
  unsettled.writing('b', [operation('3')])();
  const accepted = unsettled.writing('a', [operation('1'), operation('9')]);
  expect(unsettled.holds).toBe(true);
  accepted();
  expect(unsettled.holds).toBe(true);
  expect(unsettled.due(99)).toEqual([]);
  const early = unsettled.writing('a', [operation('1')]);
  expect(unsettled.due(100)).toMatchObject([{ table: 'public.audit_log', index: 'a', objectID: '1' }]);
  expect(unsettled.due(200)).toEqual([]);
  // On its way before the time was up: the late copy may have come behind it.
  early();
  expect(unsettled.holds).toBe(true);
  const refreshed = unsettled.writing('a', [operation('1')]);
  expect(unsettled.holds).toBe(true);
  refreshed();
  expect(unsettled.holds).toBe(false);
});

test('another request of unknown outcome begins the time anew, whatever was accepted meanwhile', () => {
  const unsettled = new Unsettled(100);
  unsettled.add('a', [operation('1')], 0);
  unsettled.writing('a', [operation('1')]);
  expect(ids(unsettled.due(100))).toEqual(['1']);
  const refreshed = unsettled.writing('a', [operation('1')]);
  unsettled.add('a', [operation('1')], 120);
  refreshed();
  expect(unsettled.holds).toBe(true);
  expect(unsettled.due(219)).toEqual([]);
  expect(ids(unsettled.due(220))).toEqual(['1']);
});

test('after a session that is over they are asked for again', () => {
  const unsettled = new Unsettled(100);
  unsettled.add('a', [operation('1')], 0);
  unsettled.writing('a', [operation('1')])();
  expect(ids(unsettled.due(100))).toEqual(['1']);
  unsettled.askAgain();
  expect(ids(unsettled.due(100))).toEqual(['1']);
});

test('a truncation touches all records of its table; one that was read in vain settles its own', () => {
  const unsettled = new Unsettled(100);
  unsettled.add('a', [operation('1'), operation('2')], 0);
  const bytes = Buffer.alloc(0);
  const truncation = {
    kind: 'truncate',
    table: 'public.audit_log',
    index: 'a',
    prefix: undefined,
    bytes,
    start: 0,
    end: 0,
  } as const;
  unsettled.writing('a', [{ ...truncation, table: 'public.other' }]);
  expect(unsettled.holds).toBe(false);
  unsettled.writing('a', [truncation]);
  expect(ids(unsettled.due(100))).toEqual(['1', '2']);
  for (const objectID of ['1', '2']) unsettled.writing('a', [{ kind: 'unchanged', index: 'a', objectID }])();
  expect(unsettled.holds).toBe(false);
});

test('it says when it is full', () => {
  const unsettled = new Unsettled(100);
  unsettled.add(
    'a',
    Array.from({ length: 50_001 }, (_, id) => operation(String(id))),
    0,
  );
  expect(unsettled.isFull).toBe(true);
  unsettled.due(100);
  expect(unsettled.isFull).toBe(false);
});
