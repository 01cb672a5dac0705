import { expect, test } from 'vitest';
import { mergedRecord } from '../../../../src/local/algolia/record-text.ts';

const merged = (record: string | undefined, change: string) =>
  mergedRecord(record === undefined ? undefined : Buffer.from(record), Buffer.from(change))?.toString();
const operation = (name: string, value: string) => `{"a":{"_operation":"${name}","value":${value}}}`;

test.each([
  ['5', 'Increment', '2', '7'],
  ['5', 'Decrement', '7', '-2'],
  ['5', 'Decrement', '-7', '12'],
  ['1.5', 'Increment', '1', '2.5'],
  ['9007199254740993', 'Increment', '2', '9007199254740995'],
  ['1e308', 'Increment', '1e308', '1e308'],
  ['"x"', 'Increment', '2', '2'],
  ['[1]', 'Add', '1', '[1,1]'],
  ['[1.0, "x"]', 'Add', '"x"', '[1.0,"x","x"]'],
  ['7', 'Add', '1', '[1]'],
  ['["x","\\u0079"]', 'AddUnique', '"y"', '["x","\\u0079"]'],
  ['["x"]', 'AddUnique', '"y"', '["x","y"]'],
  ['[1]', 'AddUnique', '"1"', '[1,"1"]'],
  ['[1,"x",1.0,2]', 'Remove', '1', '["x",2]'],
  ['["x"]', 'Remove', '"x"', '[]'],
  ['["x"]', 'Remove', '"y"', '["x"]'],
  ['2', 'IncrementFrom', '2', '3'],
  ['9007199254740993', 'IncrementFrom', '9007199254740993', '9007199254740994'],
  ['1', 'IncrementSet', '2', '2'],
  ['9007199254740992', 'IncrementSet', '9007199254740993', '9007199254740993'],
])('%s under %s of %s becomes %s', (before, name, value, after) => {
  expect(merged(`{"a":${before}, "b":1.0}`, operation(name, value))).toBe(`{"a":${after},"b":1.0}`);
});

test.each([
  ['Increment', '2', '{"b":1,"a":2}'],
  ['Decrement', '2', '{"b":1,"a":-2}'],
  ['Add', '"x"', '{"b":1,"a":["x"]}'],
  ['AddUnique', '"x"', '{"b":1,"a":["x"]}'],
  ['Remove', '"x"', '{"b":1}'],
  ['IncrementFrom', '0', '{"b":1,"a":1}'],
  ['IncrementFrom', '1', undefined],
  ['IncrementSet', '1', '{"b":1,"a":1}'],
  ['IncrementSet', '0', undefined],
])('an attribute that is absent counts as nothing: %s of %s', (name, value, after) => {
  expect(merged('{"b":1}', operation(name, value))).toBe(after);
});

test.each([
  ['IncrementSet', '5', 5],
  ['IncrementSet', '4', 5],
  ['IncrementFrom', '4', 5],
  ['IncrementFrom', '6', 5],
])('a condition that does not hold ignores the whole update: %s of %s at %i', (name, value, before) => {
  const change = `{"title":"new","a":{"_operation":"${name}","value":${value}},"tail":1}`;
  expect(merged(`{"a":${before},"title":"old"}`, change)).toBeUndefined();
});

test('several operations of one update work beside plain values', () => {
  const change =
    '{"title":"new","v":{"value":3,"_operation":"IncrementSet"},"n":{"_operation":"Increment","value":1},"o":{"b":{"_operation":"Increment","value":1}}}';
  expect(merged('{"v":2,"title":"old","n":1,"o":{"b":1}}', change)).toBe(
    '{"v":3,"title":"new","n":2,"o":{"b":{"_operation":"Increment","value":1}}}',
  );
});

test('without a record plain values are taken byte for byte, and operations start from nothing', () => {
  expect(merged(undefined, '{"a": 1.0 , "b":{ }}')).toBe('{"a": 1.0 , "b":{ }}');
  expect(merged(undefined, '{"objectID":"x", "a":{"_operation":"Increment","value":2}}')).toBe(
    '{"objectID":"x","a":2}',
  );
  expect(merged(undefined, operation('IncrementSet', '0'))).toBeUndefined();
  expect(merged(undefined, operation('IncrementFrom', '1'))).toBeUndefined();
  expect(merged(undefined, operation('IncrementFrom', '0'))).toBe('{"a":1}');
});
