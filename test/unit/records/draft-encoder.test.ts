import { expect, test } from 'vitest';
import type { TransformFunction } from '../../../src/config/transform-schema.ts';
import { drafted } from '../../../src/records/draft-encoder.ts';
import type { Step } from '../../../src/records/operations.ts';
import { NO_TRANSACTION } from '../../../src/records/transaction.ts';
import { encoderOf, INT8, shared } from './record-encoder-case.ts';
import { relationOf, tupleOf, UNCHANGED } from './tuples.ts';

const apply: TransformFunction = (record) => record;
const table = { index: 'audit_log', objectID: ['id'], transform: { apply, isPure: false } };
const relation = relationOf({ id: INT8, note: 25 });
const encoder = drafted(encoderOf(relation, { table }), table);
const unfinished = [{ kind: 'transform', apply }];

test('an encoder whose records are finished is left alone', () => {
  const plain = encoderOf(relation);
  expect(drafted(plain, { index: 'audit_log', objectID: ['id'] })).toBe(plain);
});

test('inserts and updates become drafts; what removes a record, and what cannot be one, stays what it is', () => {
  const into: Step[] = [];
  encoder.insert({ tag: 'insert', relation, new: tupleOf('1', 'a') }, shared, into);
  encoder.update({ tag: 'update', relation, old: undefined, new: tupleOf('1', 'b') }, shared, into);
  const old = { kind: 'key', tuple: tupleOf('1', null) } as const;
  encoder.update({ tag: 'update', relation, old, new: tupleOf('2', 'c') }, shared, into);
  encoder.insert({ tag: 'insert', relation, new: tupleOf(null, 'd') }, shared, into);
  encoder.delete({ tag: 'delete', relation, old }, shared, into);
  expect(into.map((step) => ('objectID' in step ? [step.kind, step.objectID] : [step.kind]))).toEqual([
    ['draft', '1'],
    ['draft', '1'],
    ['delete', '1'],
    ['draft', '2'],
    ['unfit', undefined],
    ['delete', '1'],
  ]);
  const drafts = into.filter((step) => step.kind === 'draft');
  expect(drafts.map(({ change }) => change)).toEqual(['insert', 'update', 'update']);
  for (const draft of drafts) expect(draft).toMatchObject({ transaction: shared, unfinished });
  expect(encoder.absent('3')).toMatchObject({ kind: 'delete', objectID: '3' });
});

test('a row that was read is a draft of whoever asked for it', () => {
  const row = tupleOf('7', 'a');
  expect(encoder.row(row, () => NO_TRANSACTION)).toMatchObject({
    kind: 'draft',
    change: 'refresh',
    transaction: NO_TRANSACTION,
  });
  expect(encoder.row(row, () => undefined)).toBeUndefined();
});

test('a row that has to be read may bring a megabyte', () => {
  const into: Step[] = [];
  encoder.update({ tag: 'update', relation, old: undefined, new: tupleOf('1', UNCHANGED) }, shared, into);
  expect(into).toMatchObject([{ kind: 'refresh', bytesMax: 1_000_000 }]);
});
