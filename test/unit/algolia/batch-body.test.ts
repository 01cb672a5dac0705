import fc from 'fast-check';
import { expect, test } from 'vitest';
import { requestBody } from '../../../src/algolia/batch-body.ts';
import { toBatch } from '../../../src/algolia/batch-work.ts';
import type { Operation } from '../../../src/records/operations.ts';
import { inOneBuffer, operation, position, textOf } from './operations.ts';

const anyOperations = fc.array(
  fc
    .record({
      objectID: fc.constantFrom('1', '2', '3', 'é', '"'),
      index: fc.constantFrom('a', 'b'),
      kind: fc.constantFrom('update' as const, 'delete' as const),
      body: fc.constantFrom('', ',"x":1.10', ',"x":12345678901234567890', ',"é":"✓"'),
    })
    .map(({ objectID, ...rest }) => operation(objectID, rest)),
  { maxLength: 30 },
);

test('the body is the text of the operations, joined', () => {
  const list = [operation('1', { body: ',"n":1.10' }), operation('é', { body: ',"n":12345678901234567890' })];
  expect(requestBody(list).toString()).toBe(`{"requests":[${list.map(textOf).join(',')}]}`);
  expect(requestBody([]).toString()).toBe('{"requests":[]}');
});

test('any mixture of operations, in one buffer, in several or in parts of one, gives the same bytes', () => {
  fc.assert(
    fc.property(anyOperations, fc.array(fc.boolean(), { maxLength: 30 }), (operations, drop) => {
      const expected = (list: readonly Operation[]) => `{"requests":[${list.map(textOf).join(',')}]}`;
      const run = inOneBuffer(operations);
      const gaps = run.filter((_, at) => drop[at] !== true);
      const mixed = run.map((each, at) => (drop[at] === true ? (operations[at] as Operation) : each));
      for (const list of [operations, run, gaps, mixed])
        expect(requestBody(list).toString()).toBe(expected(list));
    }),
  );
});

test('two operations that only touch, or have another byte between them, still get their comma', () => {
  const bytes = Buffer.from('{"a":1}{"b":2}x{"c":3}');
  const at = (start: number, end: number): Operation => ({ ...operation('1'), bytes, start, end });
  expect(requestBody([at(0, 7), at(7, 14), at(15, 22)]).toString()).toBe(
    '{"requests":[{"a":1},{"b":2},{"c":3}]}',
  );
});

test('of operations with one objectID the last survives, where it stood, per index', () => {
  fc.assert(
    fc.property(anyOperations, (operations) => {
      const { work } = toBatch(operations);
      for (const index of ['a', 'b']) {
        const ofIndex = operations.filter((each) => each.index === index);
        const expected = ofIndex.filter(
          (each, at) => !ofIndex.slice(at + 1).some(({ objectID }) => objectID === each.objectID),
        );
        expect(work.find((each) => each.index === index)?.actions ?? []).toEqual(expected);
      }
    }),
  );
});

test('the position of a batch is its last one, also when operations of the next transaction follow', () => {
  const steps = [operation('1'), position(10n), operation('2'), position(20n), operation('3')];
  expect(toBatch(steps)).toMatchObject({ position: { lsn: 20n } });
  expect(toBatch([position(5n)])).toMatchObject({ work: [], position: { lsn: 5n }, bytes: 0 });
  expect(toBatch([operation('1')]).position).toBeUndefined();
  expect(toBatch(steps).bytes).toBe(3 * operation('1').bytes.length);
});
