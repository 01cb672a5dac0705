import { describe, expect, it } from 'vitest';
import { parseSnapshot } from '../../../src/database/snapshot.ts';
import { NameCache } from '../../../src/lookups/name-cache.ts';

const XID = 700;
const name = (json: string, untilMs = 1_000) => ({ json, seenBy: undefined, untilMs });
const cacheOf = (rowsMax = 100, bytesMax = 1_000_000) => new NameCache({ rowsMax, bytesMax });

describe('a name', () => {
  it('is remembered until its time is over', () => {
    const cache = cacheOf();
    cache.remember('1', name('"Ann"', 1_000));
    expect(cache.find('1', XID, 999)).toBe('"Ann"');
    expect(cache.find('1', XID, 1_000)).toBeUndefined();
    expect(cache.find('2', XID, 0)).toBeUndefined();
  });

  it('is forgotten by itself, or with all', () => {
    const cache = cacheOf();
    for (const key of ['1', '2', '3']) cache.remember(key, name('"Ann"'));
    cache.forget('1');
    cache.forget('no such');
    expect(['1', '2'].map((key) => cache.find(key, XID, 0))).toEqual([undefined, '"Ann"']);
    cache.forgetAll();
    expect(cache.size).toBe(0);
  });

  it('that is read while its row changes is not remembered', () => {
    const cache = cacheOf();
    cache.startReading();
    cache.forget('1');
    cache.remember('1', name('"before"'));
    cache.remember('2', name('"Bob"'));
    expect(cache.find('1', XID, 0)).toBeUndefined();
    expect(cache.find('2', XID, 0)).toBe('"Bob"');
    cache.startReading();
    cache.remember('1', name('"after"'));
    expect(cache.find('1', XID, 0)).toBe('"after"');
    cache.startReading();
    cache.forgetAll();
    cache.remember('1', name('"before"'));
    expect(cache.find('1', XID, 0)).toBeUndefined();
    cache.endReading();
    cache.forget('1');
    cache.remember('1', name('"later"'));
    expect(cache.find('1', XID, 0)).toBe('"later"');
  });

  it('is not remembered when more rows change meanwhile than are counted', () => {
    const cache = cacheOf(10);
    cache.startReading();
    for (let key = 0; key < 50; key++) cache.forget(String(key));
    cache.remember('100', name('"x"'));
    expect(cache.size).toBe(0);
    cache.startReading();
    cache.remember('100', name('"x"'));
    expect(cache.size).toBe(1);
  });
});

it('that there is no row holds for transactions that were visible, and no others', () => {
  const cache = cacheOf();
  cache.remember('1', { json: 'null', seenBy: parseSnapshot('690:705:700'), untilMs: 1_000 });
  expect(cache.find('1', 699, 0)).toBe('null');
  expect(cache.find('1', 700, 0)).toBeUndefined();
  expect(cache.find('1', 704, 0)).toBe('null');
  expect(cache.find('1', 705, 0)).toBeUndefined();
  cache.remember('1', name('"Ann"'));
  expect(cache.find('1', 705, 0)).toBe('"Ann"');
});

describe('never more are held than may be', () => {
  it('in rows', () => {
    const cache = cacheOf(100);
    for (let key = 0; key < 10_000; key++) {
      cache.remember(String(key), name('"x"'));
      expect(cache.size).toBeLessThanOrEqual(100);
    }
    expect(cache.find('9999', XID, 0)).toBe('"x"');
    expect(cache.find('9000', XID, 0)).toBeUndefined();
  });

  it('in bytes', () => {
    const cache = cacheOf(1_000_000, 100_000);
    const long = name(`"${'x'.repeat(400)}"`);
    for (let key = 0; key < 10_000; key++) cache.remember(String(key), long);
    expect(cache.size).toBeLessThanOrEqual(100);
    expect(cache.size).toBeGreaterThan(40);
  });

  it('and what is asked for again and again stays', () => {
    const cache = cacheOf(100);
    cache.remember('often', name('"x"'));
    for (let key = 0; key < 10_000; key++) {
      cache.remember(String(key), name('"y"'));
      if (key % 20 === 0) expect(cache.find('often', XID, 0)).toBe('"x"');
    }
  });

  it('whatever is remembered twice, found and forgotten', () => {
    const cache = cacheOf(1_000_000, 4_000);
    for (let round = 0; round < 1_000; round++) {
      cache.remember('1', name('"x"'));
      cache.find('1', XID, 0);
      cache.remember('2', name('"y"'));
      cache.forget('2');
    }
    cache.remember('3', name('"z"'));
    expect(['1', '3'].map((key) => cache.find(key, XID, 0))).toEqual(['"x"', '"z"']);
  });
});
