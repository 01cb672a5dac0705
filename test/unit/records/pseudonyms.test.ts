import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../../src/config/secret.ts';
import { isPseudonym, Pseudonyms } from '../../../src/records/pseudonyms.ts';
import { WORDS } from '../../../src/records/words.ts';
import { pseudonymOf } from '../../support/pseudonym.ts';

const OLD = '0123456789abcdef0123456789abcdef';
const NEW = 'another secret of thirty-two bytes';
const BORDER = Date.UTC(2026, 0, 1) * 1000;
const pseudonyms = new Pseudonyms([
  { id: '2025', fromMicros: Number.NEGATIVE_INFINITY, secret: new Secret(OLD) },
  { id: '2026', fromMicros: BORDER, secret: new Secret(NEW) },
]);

describe('a pseudonym', () => {
  // printf 'user\0%s' 42 | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef
  // gives 64c8b50d54ab256bb2f55e5002f77ea5..., printf 'Sales Lead\0%s' 42 gives 6727b0120feb982e11aee37fe904e8f5...
  test.each([
    ['user', '42', 'user_34s2tgtn5b4nnv5xaya01fezn5', 'cheese wonder dentist'],
    ['user', 'Žofie', 'user_0b32yckdx6hn7cwy2bs0dcs1pn', 'title bonus wedding'],
    ['Sales Lead', '42', 'sales_lead_374yr143zbk0q13bq3fzmg9t7n', 'solve twelve royal'],
    ['', '42', 'id_399b7wb0ag6028gxgchjrzjnnx', 'analyst vibrant figure'],
  ])('of the kind "%s" and %s is what openssl makes of them', (kind, text, pseudonym, label) => {
    expect(pseudonyms.of(kind, text, undefined)).toBe(pseudonym);
    expect(pseudonyms.label(pseudonym)).toBe(label);
  });

  test('is the HMAC of kind and text, of any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(pseudonyms.of('user', text, BORDER)).toBe(pseudonymOf(NEW, 'user', text));
      }),
    );
  });

  test('is another one for each kind, text and key', () => {
    const all = [
      pseudonyms.of('user', '1', undefined),
      pseudonyms.of('user', '1', BORDER),
      pseudonyms.of('user', '2', undefined),
      pseudonyms.of('users', '1', undefined),
      pseudonyms.of('User', '1', undefined),
      pseudonyms.of('use', 'r1', undefined),
      pseudonyms.of('', 'user1', undefined),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  test.each([
    ['user', 'user'],
    ['Über "Leute"', 'ber_leute'],
    ['7 (seven) ', 'seven'],
    ['用户', 'id'],
    [`a${'-'.repeat(50)}b`, 'a_b'],
    [`${'a'.repeat(39)} b`, 'a'.repeat(39)],
  ])('shows of the kind "%s" what a filter can bear: %s', (kind, shown) => {
    const pseudonym = pseudonyms.of(kind, 'x', undefined);
    expect(pseudonym).toBe(pseudonymOf(OLD, kind, 'x', shown));
    expect(isPseudonym(pseudonym)).toBe(true);
  });

  test.each(['', 'user', 'user_', '42', 'user_34s2tgtn5b4nnv5xaya01fezn', 'User_34s2tgtn5b4nnv5xaya01fezn5'])(
    'has a form that "%s" has not',
    (text) => {
      expect(isPseudonym(text)).toBe(false);
    },
  );
});

describe('the key', () => {
  const [first, second] = pseudonyms.all('user', '42').values();

  test.each([
    ['long before', -8e21, first],
    ['a microsecond before', BORDER - 1, first],
    ['at', BORDER, second],
    ['after', BORDER + 1, second],
    ['infinitely long before', Number.NEGATIVE_INFINITY, first],
    ['infinitely long after', Number.POSITIVE_INFINITY, second],
    ['at no time in relation to', undefined, first],
  ])('%s the border', (_, micros, pseudonym) => {
    expect(pseudonyms.of('user', '42', micros)).toBe(pseudonym);
  });

  test('may begin after the row: the first one takes what is older', () => {
    const late = new Pseudonyms([{ id: 'late', fromMicros: BORDER, secret: new Secret(OLD) }]);
    expect(late.of('user', '42', BORDER - 1)).toBe(first);
  });

  test('is named beside what it makes', () => {
    expect([...pseudonyms.all('user', '42').keys()]).toEqual(['2025', '2026']);
    expect(first).toBe(pseudonymOf(OLD, 'user', '42'));
    expect(second).toBe(pseudonymOf(NEW, 'user', '42'));
  });

  test('has to be there', () => {
    expect(() => new Pseudonyms([])).toThrow(TypeError);
  });
});

describe('the words of labels', () => {
  test('are 1024, in their order, and differ in their first four letters', () => {
    expect(new Set(WORDS.map((word) => word.slice(0, 4))).size).toBe(1024);
    expect(WORDS.every((word) => /^[a-z]{3,8}$/.test(word))).toBe(true);
    // Another list, or another order, would give labels that were written before to others.
    expect(createHash('sha256').update(WORDS.join(' ')).digest('hex')).toBe(
      '0f9803ff7384b5db7bbea18b412e969cc536b45f64e99b7c1872a2b58b963c8d',
    );
  });
});
