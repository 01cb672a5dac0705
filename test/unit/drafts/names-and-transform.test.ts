import { expect, test } from 'vitest';
import { Finisher } from '../../../src/drafts/finisher.ts';
import { drafted } from '../../../src/records/draft-encoder.ts';
import type { Step } from '../../../src/records/operations.ts';
import type { ReferenceNames } from '../../../src/records/reference-names.ts';
import { encoderOf, INT8, shared } from '../records/record-encoder-case.ts';
import { operationsOf, relationOf, tupleOf } from '../records/tuples.ts';

test.each([
  ['remembered', '"Ann"'],
  ['read', undefined],
])('the function of a table sees names that are %s', async (_how, remembered) => {
  const relation = relationOf({ id: INT8, actor_id: 25 });
  const table = {
    index: 'audit_log',
    objectID: ['id'],
    attributes: { id: 'id', actor: { column: 'actor_id', lookup: 'users' } },
    transform: {
      apply: (record: object, { operation }: { operation: string }) => ({
        ...record,
        operation,
        seen: Object.keys(record),
      }),
      isPure: false,
    },
  };
  const names: ReferenceNames = {
    table: 'public.users',
    key: 'id',
    find: () => remembered,
    forget: () => undefined,
    forgetAll: () => undefined,
  };
  const encoder = drafted(encoderOf(relation, { table, lookups: new Map([['users', names]]) }), table);
  const into: Step[] = [];
  for (const id of ['1', '2'])
    encoder.insert({ tag: 'insert', relation, new: tupleOf(id, '7') }, shared, into);
  let readings = 0;
  const finisher = new Finisher({
    tables: { 'public.audit_log': table },
    recordBytesMax: 10_000,
    bytesMax: 5_000_000,
    lookups: {
      read: async () => {
        readings += 1;
        return new Map([[names, new Map([['7', '"Ann"']])]]);
      },
    },
  });
  const { ready, rest } = await finisher.finish(into);
  expect(rest).toEqual([]);
  expect(readings).toBe(remembered === undefined ? 1 : 0);
  expect(operationsOf(ready).map(({ body }) => body)).toEqual(
    [1, 2].map((id) => ({
      objectID: String(id),
      id,
      actor: 'Ann',
      operation: 'insert',
      seen: ['objectID', 'id', 'source_table', 'actor'],
      source_table: 'public.audit_log',
      wal: expect.anything(),
    })),
  );
});
