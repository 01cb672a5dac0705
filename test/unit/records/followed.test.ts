import { of } from 'rxjs';
import { expect, test } from 'vitest';
import type { TableConfig } from '../../../src/config/schema.ts';
import type { Step } from '../../../src/records/operations.ts';
import { steps } from '../../../src/records/steps.ts';
import type { WalMessage } from '../../../src/replication/messages.ts';
import { begin, relationOf, tupleOf } from './tuples.ts';

const relation = relationOf({ id: 20, note: 25 });
const changes: readonly WalMessage[] = [
  begin,
  relation,
  { tag: 'insert', relation, new: tupleOf('1', 'new') },
  { tag: 'update', relation, old: undefined, new: tupleOf('2', 'changed') },
  { tag: 'delete', relation, old: { kind: 'key', tuple: tupleOf('3', null) } },
  { tag: 'truncate', relations: [relation] },
];

/** What becomes of one change of each kind. */
function followed(operations: TableConfig['operations']): readonly string[] {
  const table: TableConfig = {
    index: 'audit_log',
    objectID: ['id'],
    ...(operations === undefined ? {} : { operations }),
  };
  const into: Step[] = [];
  of(changes)
    .pipe(steps({ tables: { 'public.audit_log': table }, types: new Map(), recordBytesMax: 10_000 }))
    .subscribe((run) => into.push(...run));
  return into.map((step) => ('objectID' in step ? `${step.kind} ${step.objectID}` : step.kind));
}

test('a table without a choice has all of its changes followed', () => {
  expect(followed(undefined)).toEqual(['update 1', 'update 2', 'delete 3', 'truncate']);
});

test.each([
  ['insert', ['update 1']],
  ['update', ['update 2']],
  ['delete', ['delete 3']],
  ['truncate', ['truncate']],
] as const)('of a table that chooses %s nothing else is followed', (operation, expected) => {
  expect(followed([operation])).toEqual(expected);
});
