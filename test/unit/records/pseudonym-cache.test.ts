import { expect, test } from 'vitest';
import { PseudonymCache } from '../../../src/records/pseudonym-cache.ts';
import { Constant } from '../../../src/records/slab.ts';

const made = { id: new Constant('"id"'), label: new Constant('"label"') };

test('remembers what was asked for last, in four megabytes', () => {
  const cache = new PseudonymCache();
  cache.set('hot', made);
  const texts = Array.from({ length: 50_000 }, (_, number) => `user ${number}`);
  for (const text of texts) {
    cache.set(text, made);
    expect(cache.get('hot')).toBe(made);
  }
  const found = texts.filter((text) => cache.get(text) !== undefined);
  expect(found.length).toBeGreaterThan(1_000);
  expect(found.length).toBeLessThan(4_200);
  expect(found.at(-1)).toBe(texts.at(-1));
});

test('counts long texts, and does without those that are too long', () => {
  const cache = new PseudonymCache();
  const long = (number: number): string => String(number).padStart(1_000, '0');
  for (let number = 0; number < 5_000; number++) cache.set(long(number), made);
  const found = Array.from({ length: 5_000 }, (_, number) => cache.get(long(number))).filter(Boolean);
  expect(found.length).toBeLessThan(1_400);
  cache.set('x'.repeat(1_001), made);
  expect(cache.get('x'.repeat(1_001))).toBeUndefined();
});
