import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { isSecuredKey, mintKey } from '../../../src/algolia/secured-key.ts';
import { Secret } from '../../../src/config/secret.ts';
import { ConfigError } from '../../../src/errors.ts';

const options = { appId: 'APP', parent: new Secret('parent'), validUntil: 1_800_000_000 };

test('a key is the HMAC of its restrictions, under its parent, and they', () => {
  const key = mintKey({ ...options, indexes: ['a', 'b ü'], filters: 'tenant:"x&y=1 +"' });
  const restrictions =
    'filters=tenant%3A%22x%26y%3D1%20%2B%22&restrictIndices=a%2Cb%20%C3%BC&validUntil=1800000000';
  const mac = createHmac('sha256', 'parent').update(restrictions).digest('hex');
  expect(Buffer.from(key, 'base64').toString()).toBe(mac + restrictions);
  expect(isSecuredKey(key)).toBe(true);
});

test('without filters there is none', () => {
  const key = mintKey({ ...options, indexes: ['a'], filters: '' });
  expect(Buffer.from(key, 'base64').toString().slice(64)).toBe('restrictIndices=a&validUntil=1800000000');
});

test.each(['a,b', '*', 'audit_*', ' a'])('an index %j would be read as others', (index) => {
  expect(() => mintKey({ ...options, indexes: ['x', index], filters: '' })).toThrow(ConfigError);
});

test.each(['a'.repeat(32), 'local-search-key', '0123456789abcdef0123456789abcdef'])(
  '%s was not made from another',
  (key) => {
    expect(isSecuredKey(key)).toBe(false);
  },
);
