import { describe, expect, it } from 'vitest';
import { leafOf, windowHash } from '../../../src/verify/leaf.ts';

/** What `printf '7\n{"action":"créé","n":1}' | sha256sum` says. */
const LEAF = '4290ab4fc8a9a8bff722623cb4ffc3aeaa0dd81cbee429d8668ed8e1acc72b6e';

describe('a leaf', () => {
  it('is the hash of the objectID, a line feed and the canonical JSON, as bytes of UTF-8', () => {
    expect(leafOf('7', JSON.parse('{"n":1.0,"action":"cr\\u00e9é"}'))).toBe(LEAF);
  });

  it('differs with the objectID, and with each value, also with one that is null or absent', () => {
    const leaves = [
      leafOf('7', { a: 1 }),
      leafOf('70', { a: 1 }),
      leafOf('7', { a: '1' }),
      leafOf('7', { a: null }),
      leafOf('7', {}),
      leafOf('7', { b: 1 }),
    ];
    expect(new Set(leaves).size).toBe(leaves.length);
  });
});

describe('the hash of a window', () => {
  it('is that of its leaves, sorted, a line each', () => {
    const [a, b] = ['a'.repeat(64), 'b'.repeat(64)];
    // printf '%s\n' aa.. bb.. | sha256sum
    expect(windowHash([b, a])).toBe('913f9338fb6c17253f3a14816fc08d52522454bfc19a8c99538a197cfb23fb41');
    expect(windowHash(new Set([a, b]))).toBe(windowHash([b, a]));
    expect(windowHash([a])).not.toBe(windowHash([a, a]));
  });

  it('is that of no bytes when the window is empty', () => {
    expect(windowHash([])).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });
});
