import { expect, test } from 'vitest';
import { actorDigest, ErasedActors } from '../../../src/records/erased-actors.ts';
import type { ExclusionReason } from '../../../src/records/exclusion.ts';
import type { Step } from '../../../src/records/operations.ts';
import { transaction } from '../../../src/records/transaction.ts';
import { encoderOf, INT8, type Options, shared } from './record-encoder-case.ts';
import { begin, type ColumnText, operationsOf, relationOf, tupleOf, UNCHANGED } from './tuples.ts';

const relation = relationOf({ id: INT8, actor_id: 25, note: 25 });

function excluding(...actors: string[]) {
  const erased = new ErasedActors();
  erased.replace(actors.map(actorDigest));
  const reasons: ExclusionReason[] = [];
  const exclusions = {
    actorAttribute: 'actor_id',
    erased,
    onExcluded: (reason: ExclusionReason) => void reasons.push(reason),
  };
  return { reasons, options: { exclusions } };
}

function inserted(columns: readonly ColumnText[], options: Options): Step[] {
  const into: Step[] = [];
  encoderOf(relation, options).insert({ tag: 'insert', relation, new: tupleOf(...columns) }, shared, into);
  return into;
}

const kinds = (steps: readonly Step[]) => operationsOf(steps).map(({ kind, objectID }) => [kind, objectID]);

test('a row of an erased actor removes its record, however it comes', () => {
  const { options, reasons } = excluding('mallory');
  expect(kinds(inserted(['1', 'mallory', 'a'], options))).toEqual([['delete', '1']]);
  const into: Step[] = [];
  const encoder = encoderOf(relation, options);
  encoder.update(
    { tag: 'update', relation, old: undefined, new: tupleOf('2', 'mallory', 'b') },
    shared,
    into,
  );
  expect(kinds(into)).toEqual([['delete', '2']]);
  const read = encoder.row(tupleOf('3', 'mallory', 'c'), () => shared);
  expect(read).toMatchObject({ kind: 'delete', objectID: '3' });
  expect(reasons).toEqual(['erased', 'erased', 'erased']);
});

test('rows of others, of nobody, and of somebody who got the row, are records', () => {
  const { options, reasons } = excluding('mallory');
  for (const actor of ['alice', null, '', 'mallory2']) {
    expect(inserted(['1', actor, 'a'], options)).toMatchObject([{ kind: 'update', objectID: '1' }]);
  }
  expect(reasons).toEqual([]);
});

test('where the actor is renamed in records, its column is what counts', () => {
  const { options } = excluding('mallory');
  const renamed = { exclusions: { ...options.exclusions, actorAttribute: 'who' } };
  const columns = ['1', 'mallory', 'a'];
  expect(inserted(columns, { ...renamed, table: { attributes: { who: 'actor_id' } } })).toMatchObject([
    { kind: 'delete' },
  ]);
  expect(inserted(columns, { ...renamed, table: { attributes: { note: 'note' } } })).toMatchObject([
    { kind: 'update' },
  ]);
});

test('one that cannot be a record leaves no letter either, and those behind it keep their places', () => {
  const { options } = excluding('mallory');
  expect(inserted(['1', 'mallory', 'x'.repeat(20_000)], options)).toMatchObject([{ kind: 'delete' }]);
  const into: Step[] = [];
  const encoder = encoderOf(relation, options);
  const one = transaction(begin);
  for (const actor of ['alice', 'mallory', 'bob'])
    encoder.insert({ tag: 'insert', relation, new: tupleOf(null, actor, 'a') }, one, into);
  expect(into).toMatchObject([
    { kind: 'unfit', place: 1 },
    { kind: 'unchanged', objectID: undefined },
    { kind: 'unfit', place: 3 },
  ]);
  expect(into.map((step) => (step.kind === 'unfit' ? step.record : ''))).toEqual([
    expect.stringContaining('alice'),
    '',
    expect.stringContaining('bob'),
  ]);
});

test('one that did not come whole is read again, and judged then', () => {
  const { options } = excluding('mallory');
  const into: Step[] = [];
  const change = { old: undefined, new: tupleOf('1', 'mallory', UNCHANGED) };
  encoderOf(relation, options).update({ tag: 'update', relation, ...change }, shared, into);
  expect(into).toMatchObject([{ kind: 'refresh', objectID: '1' }]);
});
