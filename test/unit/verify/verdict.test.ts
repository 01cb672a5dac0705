import { expect, test } from 'vitest';
import type { Expectation } from '../../../src/verify/expectations.ts';
import { leafOf } from '../../../src/verify/leaf.ts';
import { mappedPart, presenceOnly } from '../../../src/verify/mapped-part.ts';
import { verdictOf } from '../../../src/verify/verdict.ts';

const made = (mapped: Record<string, unknown>) => ({ mapped, leaf: leafOf('1', mapped) });
const row = (mapped: Record<string, unknown>): Expectation => ({
  kind: 'record',
  objectID: '1',
  ...made(mapped),
});
const none = (why: 'erased' | 'belowFloor' | 'unfit' | 'kept-out'): Expectation => ({
  kind: 'none',
  objectID: '1',
  why,
});
const usual = { followsDeletes: true, isErasing: false, isBelowFloor: false };

test.each([
  ['the same', [row({ a: 1 })], made({ a: 1 }), usual, { kind: 'agrees' }],
  ['one of two rows', [row({ a: 2 }), row({ a: 1 })], made({ a: 1 }), usual, { kind: 'agrees' }],
  ['neither', [], undefined, usual, { kind: 'agrees' }],
  ['no record', [row({ a: 1 })], undefined, usual, { kind: 'missing', attributes: [] }],
  ['no row', [], made({ a: 1 }), usual, { kind: 'extra', attributes: [] }],
  ['no row, deletes not followed', [], made({}), { ...usual, followsDeletes: false }, { kind: 'retained' }],
  ['no row, yet to be swept', [], made({}), { ...usual, isBelowFloor: true }, { kind: 'belowFloor' }],
  ['erased', [none('erased')], made({}), usual, { kind: 'extra', attributes: [] }],
  ['being erased', [none('erased')], made({}), { ...usual, isErasing: true }, { kind: 'agrees' }],
  ['too old', [none('belowFloor')], made({}), usual, { kind: 'agrees' }],
  ['what was there before it was too large', [none('unfit')], made({}), usual, { kind: 'agrees' }],
  ['kept out', [none('kept-out')], made({}), usual, { kind: 'extra', attributes: [] }],
  [
    'other attributes',
    [row({ same: { x: [1, 2], y: null }, other: 1, lost: null, ['__proto__']: 1 })],
    made({ same: { y: null, x: [1, 2] }, other: '1', more: null, ['__proto__']: 1 }),
    usual,
    { kind: 'differing', attributes: ['other', 'lost', 'more'] },
  ],
] as const)('%s', (_, expected, actual, circumstances, verdict) => {
  expect(verdictOf(expected, actual, circumstances)).toEqual(verdict);
});

test('the mapped part leaves out what is no function of the row', () => {
  const mapped = mappedPart({
    attributes: {
      v: 'v',
      who: { pseudonym: { column: 'who', kind: 'user', label: 'who_label' } },
      name: { column: 'who', lookup: 'users' },
    } as never,
  });
  const record = {
    objectID: '1',
    wal: {},
    source_table: 't',
    v: 1,
    who: 'x',
    who_label: 'y',
    name: 'z',
    more: 1,
  };
  expect(mapped(record)).toEqual({ source_table: 't', v: 1, who: 'x', more: 1 });
});

const apply = (): null => null;

test.each([
  [{}, undefined],
  [{ transform: { apply, isPure: true } }, undefined],
  [{ transform: { apply, isPure: false } }, 'its transform is not declared pure'],
  [
    {
      transform: { apply, isPure: true },
      attributes: { name: { column: 'who', lookup: 'users' } },
    },
    'its transform is given names that are looked up',
  ],
])('whether records of %j are compared by what they hold', (table, why) => {
  expect(presenceOnly({ index: 't', objectID: ['id'], ...table } as never)).toBe(why);
});
