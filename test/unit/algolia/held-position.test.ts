import { expect, test } from 'vitest';
import { HeldPosition } from '../../../src/algolia/held-position.ts';
import { Unsettled } from '../../../src/algolia/unsettled.ts';
import { operation, position } from './operations.ts';

test('positions pass; while a record may be set back they wait, which is told once, as is its end, and then the last one goes', () => {
  const unsettled = new Unsettled(100);
  const told: (number | undefined)[] = [];
  const held = new HeldPosition(unsettled, (ms) => told.push(ms));
  expect(held.pass(position(1n), 0)).toEqual(position(1n));
  expect(held.pass(undefined, 0)).toBeUndefined();
  unsettled.add('a', [operation('1')], 0);
  expect(held.pass(position(2n), 10)).toEqual(position(2n));
  unsettled.writing('a', [operation('1')])();
  expect(held.pass(position(3n), 40)).toBeUndefined();
  expect(held.pass(position(4n), 50)).toBeUndefined();
  expect(held.pass(undefined, 60)).toBeUndefined();
  expect(told).toEqual([60]);
  unsettled.due(100);
  unsettled.writing('a', [operation('1')])();
  expect(held.pass(undefined, 110)).toEqual(position(4n));
  expect(held.pass(undefined, 120)).toBeUndefined();
  expect(told).toEqual([60, undefined]);
});
