import { of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { ReferenceNames } from '../../../src/records/reference-names.ts';
import { steps } from '../../../src/records/steps.ts';
import type { Relation, WalMessage } from '../../../src/replication/messages.ts';
import { INT8 } from './record-encoder-case.ts';
import { begin, type ColumnText, relationOf, tupleOf, UNCHANGED } from './tuples.ts';

const users = relationOf({ id: INT8, name: 25 }, { oid: 17_000, name: 'users' });

/** What is forgotten of the names in `public.users` at these messages, and how many steps come of them. */
function forgotten(key: string, ...messages: readonly WalMessage[]): { keys: string[]; count: number } {
  const keys: string[] = [];
  const names: ReferenceNames = {
    table: 'public.users',
    key,
    find: () => undefined,
    forget: (each) => keys.push(each),
    forgetAll: () => keys.push('all'),
  };
  let count = 0;
  const table = { index: 'log', objectID: ['id'] };
  of([begin, ...messages])
    .pipe(
      steps({
        tables: { 'public.audit_log': table },
        types: new Map(),
        recordBytesMax: 10_000,
        lookups: new Map([['users', names]]),
      }),
    )
    .subscribe((run) => {
      count += run.length;
    });
  return { keys, count };
}

const insert = (relation: Relation, ...columns: ColumnText[]): WalMessage => ({
  tag: 'insert',
  relation,
  new: tupleOf(...columns),
});
const update = (
  relation: Relation,
  old: ColumnText[] | undefined,
  columns: ColumnText[],
  kind: 'key' | 'full' = 'key',
): WalMessage => ({
  tag: 'update',
  relation,
  old: old && { kind, tuple: tupleOf(...old) },
  new: tupleOf(...columns),
});
const remove = (relation: Relation, ...columns: ColumnText[]): WalMessage => ({
  tag: 'delete',
  relation,
  old: { kind: 'key', tuple: tupleOf(...columns) },
});

describe('changes of a reference table', () => {
  it.each([
    ['an insert', insert(users, '5', 'Ann'), ['5']],
    ['an update', update(users, undefined, ['5', 'Ann']), ['5']],
    ['another key', update(users, ['4', null], ['5', 'Ann']), ['4', '5']],
    ['a delete', remove(users, '5', null), ['5']],
    ['a truncate', { tag: 'truncate', relations: [users] } as const, ['all']],
    ['a change of another table', insert(relationOf({ id: INT8 }), '5'), []],
  ])('forget the names of their rows, and write nothing: %s', (_name, message, keys) => {
    const done = forgotten('id', message);
    expect(done.keys).toEqual(keys);
    if (keys.length > 0) expect(done.count).toBe(0);
  });

  it.each([
    ['an insert', insert(users, '5', 'Ann'), ['Ann']],
    ['an update, whose old key nobody knows', update(users, undefined, ['5', 'Ann']), ['all', 'Ann']],
    ['a delete', remove(users, '5', null), ['all']],
    ['a key that did not travel', insert(users, '5', UNCHANGED), ['all']],
    ['no key', insert(users, '5', null), []],
  ])('forget all where the key is no part of the replica identity: %s', (_name, message, keys) => {
    expect(forgotten('name', message).keys).toEqual(keys);
  });

  it('say what the key was where the whole row is the identity', () => {
    const full = relationOf(
      { id: { typeOid: INT8, isKey: true }, name: { isKey: true } },
      { oid: 17_001, name: 'users', replicaIdentity: 'full' },
    );
    expect(forgotten('name', update(full, ['5', 'Ann'], ['5', 'Bea'], 'full')).keys).toEqual(['Ann', 'Bea']);
  });

  it('forget all where the key is not published', () => {
    expect(forgotten('uid', insert(users, '5', 'Ann')).keys).toEqual(['all']);
  });
});
