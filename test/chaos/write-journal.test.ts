import { expect, test } from 'vitest';
import type { WriteOperation } from '../../src/local/algolia/write-operation.ts';
import { type Lsn, parseLsn } from '../../src/lsn.ts';
import type { Change, Commit } from './commit-history.ts';
import { confirmedTooEarly } from './write-journal.ts';

const lsn = (position: number): Lsn => parseLsn(`0/${position.toString(16)}`);

function set(objectID: string, position: number): WriteOperation {
  const record = Buffer.from(`{"objectID":"${objectID}","wal":{"lsn":"0/${position.toString(16)}","xid":1}}`);
  return { kind: 'set', objectID, record };
}

/** A commit whose record starts at `position` and is ten bytes long. */
function commit(position: number, ...changes: Change[]): Commit {
  return { commitLsn: lsn(position), endLsn: lsn(position + 10), changes };
}

function problems(commits: readonly Commit[], applied: readonly WriteOperation[], confirmed: number) {
  const tasks = applied.map((operation, taskID) => {
    return { taskID, index: 'audit_log', acceptedAtMs: 0, late: false, operations: [operation] };
  });
  const samples = [{ confirmedLsn: lsn(confirmed), applied: tasks.length }];
  return confirmedTooEarly(commits, { arrived: tasks, applied: tasks }, samples).problems;
}

const setOfA = commit(100, { kind: 'set', objectID: 'a' });
const deleteOfA = commit(200, { kind: 'delete', objectID: 'a' });

test('what has taken effect may be confirmed, what is not confirmed need not have', () => {
  expect(problems([setOfA, deleteOfA], [set('a', 100)], 110)).toEqual([]);
  expect(problems([setOfA], [set('a', 150)], 110)).toEqual([]);
  expect(problems([setOfA, deleteOfA], [{ kind: 'delete', objectID: 'a' }], 210)).toEqual([]);
  expect(problems([setOfA], [], 109)).toEqual([]);
});

test('what was confirmed and has not taken effect is named', () => {
  expect(problems([setOfA], [], 110)).toEqual(['set of a, committed at 0/64']);
  expect(problems([setOfA], [set('a', 50), set('b', 100)], 110)).toEqual(['set of a, committed at 0/64']);
  expect(problems([setOfA, deleteOfA], [set('a', 100)], 210)).toEqual(['delete of a, committed at 0/C8']);
});

test('a task that takes effect only after the position was seen comes too late', () => {
  const task = { taskID: 1, index: 'audit_log', acceptedAtMs: 0, late: false, operations: [set('a', 100)] };
  const journal = { arrived: [task], applied: [task] };
  const early = [{ confirmedLsn: lsn(110), applied: 0 }];
  expect(confirmedTooEarly([setOfA], journal, early)).toEqual({
    checked: 1,
    problems: ['set of a, committed at 0/64'],
  });
});
