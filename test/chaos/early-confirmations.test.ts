import { expect, test } from 'vitest';
import type { WriteOperation } from '../../src/local/algolia/write-operation.ts';
import { type Lsn, parseLsn } from '../../src/lsn.ts';
import type { Change, Commit } from './commit-history.ts';
import { confirmedTooEarly, type SetAside } from './early-confirmations.ts';

const lsn = (position: number): Lsn => parseLsn(`0/${position.toString(16)}`);

const changed = (objectID: string, revision: number): Change => ({ kind: 'set', objectID, revision });

function set(objectID: string, revision: number): WriteOperation {
  return { kind: 'set', objectID, record: Buffer.from(`{"objectID":"${objectID}","revision":${revision}}`) };
}

/** A commit whose record starts at `position` and is ten bytes long, and which was made at that time. */
function commit(position: number, ...changes: Change[]): Commit {
  return { commitLsn: lsn(position), endLsn: lsn(position + 10), atMs: position, changes };
}

/** All these operations have taken effect, and were accepted when all was committed. */
function problems(
  commits: readonly Commit[],
  applied: readonly WriteOperation[],
  confirmed: number,
  { acceptedAtMs = 1_000, setAside = [] as readonly SetAside[] } = {},
) {
  const tasks = applied.map((operation, taskID) => {
    return { taskID, index: 'audit_log', acceptedAtMs, late: false, operations: [operation] };
  });
  const samples = [{ confirmedLsn: lsn(confirmed), applied: tasks.length, setAside: setAside.length }];
  return confirmedTooEarly(commits, { arrived: tasks, applied: tasks }, samples, setAside).problems;
}

const setOf1 = commit(100, changed('1', 0));
const deleteOf1 = commit(200, { kind: 'delete', objectID: '1' });
const truncated = commit(300, { kind: 'truncate' });

test('what has taken effect may be confirmed, what is not confirmed need not have', () => {
  expect(problems([setOf1, deleteOf1], [set('1', 0)], 110)).toEqual([]);
  expect(problems([setOf1], [set('1', 1)], 110)).toEqual([]);
  expect(problems([setOf1, deleteOf1], [{ kind: 'delete', objectID: '1' }], 210)).toEqual([]);
  expect(problems([setOf1], [], 109)).toEqual([]);
});

test('what was confirmed and has not taken effect is named', () => {
  const later = commit(100, changed('1', 3));
  expect(problems([setOf1], [], 110)).toEqual(['set of 1, committed at 0/64']);
  expect(problems([later], [set('1', 2), set('2', 3)], 110)).toEqual(['set of 1, committed at 0/64']);
  expect(problems([setOf1, deleteOf1], [set('1', 0)], 210)).toEqual(['delete of 1, committed at 0/C8']);
});

test('a truncation has taken effect once the index was cleared for it, and takes along what was before it', () => {
  const both = [setOf1, truncated];
  expect(problems(both, [{ kind: 'clear' }], 310)).toEqual([]);
  expect(problems(both, [set('1', 0)], 310)).toEqual(['truncate, committed at 0/12C']);
  expect(problems(both, [set('1', 0), { kind: 'clear' }], 310, { acceptedAtMs: 250 })).toEqual([
    'truncate, committed at 0/12C',
  ]);
  const after = commit(400, changed('2', 0));
  expect(problems([...both, after], [{ kind: 'clear' }], 410)).toEqual(['set of 2, committed at 0/190']);
});

test('a change that was set aside, or an earlier one of its record, need not have taken effect; a later one does', () => {
  const setAside = [{ objectID: '1', lsn: lsn(100) }];
  const later = commit(200, changed('1', 1));
  expect(problems([setOf1], [], 110, { setAside })).toEqual([]);
  const laterAside = [{ objectID: '1', lsn: lsn(200) }];
  expect(problems([setOf1, later], [], 210, { setAside: laterAside })).toEqual([]);
  expect(problems([setOf1, later], [], 210, { setAside })).toEqual(['set of 1, committed at 0/C8']);
});

test('what takes effect only after the position was seen comes too late', () => {
  const task = { taskID: 1, index: 'audit_log', acceptedAtMs: 0, late: false, operations: [set('1', 0)] };
  const journal = { arrived: [task], applied: [task] };
  const early = [{ confirmedLsn: lsn(110), applied: 0 }];
  const aside = [{ objectID: '1', lsn: lsn(100) }];
  const found = { checked: 1, problems: ['set of 1, committed at 0/64'] };
  expect(confirmedTooEarly([setOf1], journal, early)).toEqual(found);
  expect(confirmedTooEarly([setOf1], journal, early, aside)).toEqual(found);
});
