import { expect, test } from 'vitest';
import type { WriteOperation } from '../../src/local/algolia/write-operation.ts';
import { backwardsInSession, versions } from './write-journal.ts';

const version = (objectID: string, lsn: string, revision = 0): WriteOperation => ({
  kind: 'set',
  objectID,
  record: Buffer.from(`{"objectID":"${objectID}","revision":${revision},"wal":{"lsn":"${lsn}","xid":1}}`),
});
const refreshed: WriteOperation = { kind: 'set', objectID: 'a', record: Buffer.from('{"objectID":"a"}') };
const removed: WriteOperation = { kind: 'delete', objectID: 'a' };

/** One task every ten milliseconds, from 10 on. */
const tasks = (...operations: WriteOperation[]) =>
  operations.map((operation, at) => {
    const acceptedAtMs = (at + 1) * 10;
    return { taskID: at, index: 'audit_log', acceptedAtMs, late: false, operations: [operation] };
  });

const problems = (starts: readonly number[], ...operations: WriteOperation[]) =>
  backwardsInSession(tasks(...operations), starts).problems;

test('a session may repeat a version and goes on to later ones, a new one begins again', () => {
  expect(problems([0], version('a', '0/1'), version('a', '0/1'), version('a', '0/A'))).toEqual([]);
  expect(problems([0, 20], version('a', '0/A'), version('a', '0/1'))).toEqual([]);
  expect(problems([0], version('a', '0/A'), version('b', '0/1'), refreshed)).toEqual([]);
});

test('an older version after a newer one is named', () => {
  expect(problems([0], version('a', '0/A'), version('a', '0/9'))).toEqual([
    'session 0: a@0/9 after its version of 0/A',
  ]);
  expect(problems([20, 0, 21], version('a', '0/1'), version('a', '0/A'), version('a', '0/9'))).toEqual([]);
  expect(problems([20, 0], version('a', '0/1'), version('a', '0/A'), version('a', '0/9'))).toHaveLength(1);
});

test('a version that comes again after the removal of its record is named', () => {
  const after = ['session 0: a@0/1 after its removal'];
  expect(problems([0], version('a', '0/1'), removed, version('a', '0/1'))).toEqual(after);
  expect(problems([0], version('a', '0/1'), { kind: 'clear' }, version('a', '0/1'))).toEqual(after);
  expect(problems([0, 30], version('a', '0/1'), removed, version('a', '0/1'))).toEqual([]);
});

test('a row that is read again may be gone before its last versions come', () => {
  expect(problems([0], version('a', '0/1'), removed, version('a', '0/2'), removed)).toEqual([]);
  expect(problems([0], version('a', '0/1', 1), removed, version('a', '0/1', 2), removed)).toEqual([]);
});

test('versions are counted, and what was asked for is not one', () => {
  const some = tasks(version('a', '0/1'), refreshed, removed, version('b', '1/2'));
  expect(versions(some)).toEqual(['a@0/1', 'b@1/2']);
  expect(backwardsInSession(some, [0]).checked).toBe(2);
});
