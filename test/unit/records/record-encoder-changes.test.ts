import { describe, expect, test } from 'vitest';
import { PreconditionError, ProtocolError } from '../../../src/errors.ts';
import type { Step } from '../../../src/records/operations.ts';
import { NO_TRANSACTION } from '../../../src/records/transaction.ts';
import type { Relation, Tuple } from '../../../src/replication/messages.ts';
import { encoderOf, INT8, inserted, type Options, plain, shared, thrown } from './record-encoder-case.ts';
import { type ColumnText, operationsOf, relationOf, tupleOf, UNCHANGED } from './tuples.ts';

function updatedSteps(
  relation: Relation,
  old: [kind: 'key' | 'full', Tuple] | undefined,
  fresh: Tuple,
  options?: Options,
) {
  const into: Step[] = [];
  const image = old && { kind: old[0], tuple: old[1] };
  encoderOf(relation, options).update({ tag: 'update', relation, old: image, new: fresh }, shared, into);
  return into;
}

const updated = (...change: Parameters<typeof updatedSteps>) => operationsOf(updatedSteps(...change));

describe('update and delete', () => {
  test('an update writes the new image in full', () => {
    const operations = updated(plain, undefined, tupleOf('1', 'new', null));
    expect(operations).toMatchObject([{ kind: 'update', body: { objectID: '1', note: 'new', data: null } }]);
  });

  test('a changed key is a delete of the old and a write of the new, in that order', () => {
    const old = tupleOf('1', null, null);
    const operations = updated(plain, ['key', old], tupleOf('2', 'moved', null));
    expect(operations.map(({ kind, objectID }) => [kind, objectID])).toEqual([
      ['delete', '1'],
      ['update', '2'],
    ]);
    expect(operations[0]?.text).toBe('{"action":"deleteObject","body":{"objectID":"1"}}');
    expect(operations[1]?.body?.['objectID']).toBe('2');
  });

  test('an old image with the same key deletes nothing', () => {
    const relation = {
      ...relationOf({ id: { typeOid: INT8, isKey: true }, note: { isKey: true } }),
      replicaIdentity: 'full' as const,
    };
    const operations = updated(relation, ['full', tupleOf('1', 'old')], tupleOf('1', 'new'));
    expect(operations).toMatchObject([{ kind: 'update', body: { objectID: '1', note: 'new' } }]);
  });

  test('a column that did not travel comes from a full old image', () => {
    const relation = {
      ...relationOf({ id: { typeOid: INT8, isKey: true }, note: { isKey: true } }),
      replicaIdentity: 'full' as const,
    };
    const operations = updated(relation, ['full', tupleOf('1', 'large "old" text')], tupleOf('1', UNCHANGED));
    expect(operations).toMatchObject([{ body: { objectID: '1', note: 'large "old" text' } }]);
  });

  test('with a full old image a key that is left may be that of another row by now: it is read again', () => {
    const relation = {
      ...relationOf({ id: { typeOid: INT8, isKey: true }, note: { isKey: true } }),
      replicaIdentity: 'full' as const,
    };
    const steps = updatedSteps(relation, ['full', tupleOf('1', 'a')], tupleOf('2', 'a'));
    expect(steps).toMatchObject([
      { kind: 'refresh', objectID: '1', isChange: true, isRemoval: true },
      { kind: 'update', objectID: '2' },
    ]);
    const into: Step[] = [];
    const old = { kind: 'full' as const, tuple: tupleOf('1', 'a') };
    encoderOf(relation).delete({ tag: 'delete', relation, old }, shared, into);
    expect(into).toMatchObject([{ kind: 'refresh', objectID: '1', isChange: true, isRemoval: true }]);
  });

  test('so may an objectID of some of the columns of a key', () => {
    const relation = relationOf({ id: { typeOid: INT8, isKey: true }, at: { isKey: true }, note: 25 });
    const into: Step[] = [];
    const old = { kind: 'key' as const, tuple: tupleOf('1', 'a', null) };
    encoderOf(relation).delete({ tag: 'delete', relation, old }, shared, into);
    encoderOf(relation, { table: { objectID: ['at', 'id'] } }).delete(
      { tag: 'delete', relation, old },
      shared,
      into,
    );
    expect(into).toMatchObject([
      { kind: 'refresh', objectID: '1', isRemoval: true },
      { kind: 'delete', objectID: 'a:1' },
    ]);
  });

  test('a row that enters a row filter may come as an insert without what its update left out', () => {
    const into: Step[] = [];
    encoderOf(plain).insert(
      { tag: 'insert', relation: plain, new: tupleOf('1', UNCHANGED, null) },
      shared,
      into,
    );
    expect(into).toMatchObject([{ kind: 'refresh', objectID: '1', isChange: true, isRemoval: false }]);
  });

  test('without one the row is read again, under its new key, unless nobody wants the column', () => {
    for (const image of [undefined, ['key', tupleOf('0', null, null)] as ['key', Tuple]]) {
      const steps = updatedSteps(plain, image, tupleOf('1', UNCHANGED, null));
      expect(steps.map((step) => step.kind)).toEqual(
        image === undefined ? ['refresh'] : ['delete', 'refresh'],
      );
      expect(steps.at(-1)).toMatchObject({
        kind: 'refresh',
        table: 'public.audit_log',
        index: 'audit_log',
        objectID: '1',
        isChange: true,
        bytesMax: 10_000,
        transaction: shared,
      });
    }
    const table = { attributes: { data: 'data' } };
    expect(updated(plain, undefined, tupleOf('1', UNCHANGED, null), { table })).toMatchObject([
      { objectID: '1' },
    ]);
  });

  test('a key that did not travel comes from the old key image', () => {
    const relation = relationOf({ id: 25, note: 25 });
    const operations = updated(relation, ['key', tupleOf('long key', null)], tupleOf(UNCHANGED, 'new'));
    expect(operations).toMatchObject([{ kind: 'update', objectID: 'long key', body: { note: 'new' } }]);
  });

  test('a delete needs the key alone', () => {
    const into: Step[] = [];
    const old = { kind: 'key' as const, tuple: tupleOf('1', null, null) };
    encoderOf(plain).delete({ tag: 'delete', relation: plain, old }, shared, into);
    expect(operationsOf(into)).toMatchObject([{ kind: 'delete', index: 'audit_log', objectID: '1' }]);
    expect(operationsOf(into)[0]?.text).toBe('{"action":"deleteObject","body":{"objectID":"1"}}');
  });

  test('an objectID outside the replica identity stops both, but not inserts', () => {
    const table = { objectID: ['id', 'note'] };
    const columns: ColumnText[] = ['1', 'n', null];
    expect(inserted(plain, columns, { table })[0]?.objectID).toBe('1:n');
    const error = thrown(() => updated(plain, undefined, tupleOf(...columns), { table }));
    expect(error).toBeInstanceOf(PreconditionError);
    expect(error.remedy).toContain('REPLICA IDENTITY');
    const old = { kind: 'key' as const, tuple: tupleOf('1', null, null) };
    expect(() =>
      encoderOf(plain, { table }).delete({ tag: 'delete', relation: plain, old }, shared, []),
    ).toThrow(PreconditionError);
  });

  describe('of rows without an objectID', () => {
    const keys = {
      ...relationOf({ id: { typeOid: INT8, isKey: true }, note: { isKey: true } }),
      replicaIdentity: 'full' as const,
    };
    const kinds = (steps: readonly Step[]) =>
      steps.map((step) => [step.kind, 'objectID' in step ? step.objectID : '']);

    test('one that loses its key leaves its record, and is set aside', () => {
      expect(kinds(updatedSteps(keys, ['full', tupleOf('1', 'a')], tupleOf(null, 'a')))).toEqual([
        ['refresh', '1'],
        ['unfit', undefined],
      ]);
    });

    test('one that gets its key becomes a record, and takes none away', () => {
      const operations = updated(keys, ['full', tupleOf(null, 'a')], tupleOf('1', 'b'));
      expect(operations).toMatchObject([
        { kind: 'update', objectID: '1', body: { objectID: '1', note: 'b' } },
      ]);
    });

    test('one that never has a key is set aside with every image, and its delete is nothing', () => {
      expect(kinds(updatedSteps(keys, ['full', tupleOf(null, 'a')], tupleOf(null, 'b')))).toEqual([
        ['unfit', undefined],
      ]);
      const into: Step[] = [];
      const old = { kind: 'full' as const, tuple: tupleOf(null, 'b') };
      encoderOf(keys).delete({ tag: 'delete', relation: keys, old }, shared, into);
      expect(into).toEqual([]);
    });

    test('an old key that did not travel is no key that was never there', () => {
      const old = { kind: 'full' as const, tuple: tupleOf(UNCHANGED, 'b') };
      expect(() => encoderOf(keys).delete({ tag: 'delete', relation: keys, old }, shared, [])).toThrow(
        ProtocolError,
      );
    });
  });

  test('a row that moves and is too large leaves the record of its old key', () => {
    const steps = updatedSteps(
      plain,
      ['key', tupleOf('1', null, null)],
      tupleOf('2', 'x'.repeat(10_001), null),
    );
    expect(steps).toMatchObject([
      { kind: 'delete', objectID: '1' },
      { kind: 'unfit', objectID: '2', problem: 'too-large' },
    ]);
  });

  test('a row that was read becomes a record or says why not; one without a key was not asked for', () => {
    const encoder = encoderOf(plain);
    const row = (...columns: ColumnText[]) => encoder.row(tupleOf(...columns), () => NO_TRANSACTION);
    expect(row('1', 'x', null)).toMatchObject({ kind: 'update', objectID: '1' });
    expect(row('1', 'x'.repeat(10_001), null)).toMatchObject({
      kind: 'unfit',
      objectID: '1',
      transaction: NO_TRANSACTION,
      message: expect.stringContaining('when it was read again'),
    });
    expect(row(null, 'x', null)).toBeUndefined();
    expect(NO_TRANSACTION.keyless).toBe(0);
  });
});
