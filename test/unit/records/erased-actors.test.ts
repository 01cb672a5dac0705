import { expect, test } from 'vitest';
import { actorDigest, actorText, ErasedActors } from '../../../src/records/erased-actors.ts';

test('who is on the list is known by a digest that does not hold the id', () => {
  const erased = new ErasedActors();
  expect(erased.isEmpty).toBe(true);
  erased.replace([actorDigest('mallory'), actorDigest('x'.repeat(1_000))]);
  expect(erased.isEmpty).toBe(false);
  expect(['mallory', 'Mallory', 'mallory ', '', 'x'.repeat(1_000)].map((each) => erased.has(each))).toEqual([
    true,
    false,
    false,
    false,
    true,
  ]);
  expect(actorDigest('mallory')).toMatch(/^[0-9a-f]{64}$/);
});

test('a list that is replaced is judged by anew', () => {
  const erased = new ErasedActors();
  erased.replace([actorDigest('a')]);
  expect([erased.has('a'), erased.has('b')]).toEqual([true, false]);
  erased.replace([actorDigest('b')]);
  expect([erased.has('a'), erased.has('b')]).toEqual([false, true]);
});

test('more actors than are remembered are judged rightly', () => {
  const erased = new ErasedActors();
  erased.replace([actorDigest('user 15000')]);
  const found = Array.from({ length: 25_000 }, (_, at) => `user ${at}`).filter((each) => erased.has(each));
  expect(found).toEqual(['user 15000']);
});

test('the actor of a record is a text or a number', () => {
  expect(['a', 7, null, undefined, ['a'], true].map(actorText)).toEqual([
    'a',
    '7',
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
