import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import type { ApiKey } from '../../../../src/local/algolia/api-key.ts';
import { ApiKeys } from '../../../../src/local/algolia/api-keys.ts';
import { checkRight } from '../../../../src/local/algolia/credentials.ts';
import { NO_KEY_FILE } from '../../../../src/local/algolia/key-file.ts';

const NOW_MS = 1_700_000_000_000;
const parent: ApiKey = { value: 'parent', acl: ['search', 'browse'], indexes: ['audit_*'] };

function keysWith(...others: ApiKey[]): ApiKeys {
  return new ApiKeys({ appId: 'app', adminKey: 'admin', others, file: NO_KEY_FILE, delayMs: 0 });
}

function securedFrom(key: string, restrictions: string): string {
  const mac = createHmac('sha256', key).update(restrictions).digest('hex');
  return Buffer.from(mac + restrictions).toString('base64');
}

const authenticate = (value: string, { keys = keysWith(parent), source = '127.0.0.1' } = {}) =>
  keys.authenticate({ appId: 'app', value, source }, NOW_MS);
const stranger = expect.objectContaining({ status: 403, message: 'Invalid Application-ID or API key' });

test('a secured key has the rights of its parent on the indices that both allow', () => {
  const credentials = authenticate(securedFrom('parent', 'restrictIndices=audit_log%2Cother'));
  expect(credentials).toMatchObject({ isAdmin: false, isSecured: true, key: parent });
  checkRight(credentials, 'browse', 'audit_log');
  const refused = (right: 'search' | 'addObject', index: string) => () =>
    checkRight(credentials, right, index);
  expect(refused('search', 'audit_other')).toThrow('Index not allowed with this API key');
  expect(refused('search', 'other')).toThrow('Index not allowed with this API key');
  expect(refused('addObject', 'audit_log')).toThrow('Method not allowed with this API key');
});

test.each([
  ['the admin key', securedFrom('admin', 'filters=a%3Ax')],
  ['an unknown key', securedFrom('else', 'filters=a%3Ax')],
  ['another secured key', securedFrom(securedFrom('parent', ''), 'filters=a%3Ax')],
])('none can be made from %s', (_, value) => {
  expect(() => authenticate(value)).toThrow(stranger);
});

test('a changed restriction is none', () => {
  const text = Buffer.from(securedFrom('parent', 'filters=a%3Ax'), 'base64').toString();
  const forge = (changed: string) => () => authenticate(Buffer.from(changed).toString('base64'));
  expect(forge(text.replace('%3Ax', '%3Ay'))).toThrow(stranger);
  expect(forge(text.slice(0, 64))).toThrow(stranger);
  expect(forge(text.slice(0, 63))).toThrow(stranger);
  expect(forge('')).toThrow(stranger);
});

test('validUntil is the second from which it is over', () => {
  const until = (seconds: number | string) => () =>
    authenticate(securedFrom('parent', `validUntil=${seconds}`));
  expect(until(NOW_MS / 1000 + 1)).not.toThrow();
  const over = { status: 400, message: 'validUntil parameter expired (less than current date)' };
  expect(until(NOW_MS / 1000)).toThrow(expect.objectContaining(over));
  expect(until('tomorrow')).toThrow(expect.objectContaining({ status: 400 }));
  expect(until('')).toThrow(expect.objectContaining({ status: 400 }));
});

test.each([
  ['127.0.0.0/8', '127.9.9.9', undefined],
  ['127.0.0.1', '::ffff:127.0.0.1', undefined],
  ['10.0.0.0/8', '127.0.0.1', 403],
  ['2001:db8::/32', '2001:db8::1', undefined],
  ['2001:db8::/32', '127.0.0.1', 403],
  ['somewhere', '127.0.0.1', 400],
  ['10.0.0.0/33', '10.0.0.1', 400],
])('restrictSources %s from %s', (network, source, status) => {
  const value = securedFrom('parent', `restrictSources=${encodeURIComponent(network)}`);
  const attempt = () => authenticate(value, { source });
  if (status === undefined) expect(attempt).not.toThrow();
  else expect(attempt).toThrow(expect.objectContaining({ status }));
});

test('what the parent and the secured key prescribe holds together', () => {
  const keys = keysWith({ ...parent, queryParameters: 'filters=a%3Ax&hitsPerPage=3&userToken=p' });
  const value = securedFrom('parent', 'filters=b%3Ay&restrictIndices=audit_a&userToken=s');
  const { parameters, indices } = authenticate(value, { keys });
  expect(parameters).toEqual({ filters: '(a:x) AND (b:y)', hitsPerPage: '3', userToken: 's' });
  expect(indices).toEqual([['audit_*'], [], ['audit_a']]);
});

test('a plain key is over after its validity, and its secured keys with it', () => {
  const key: ApiKey = { ...parent, validity: 10, createdAtMs: NOW_MS };
  const keys = keysWith(key);
  const at = (value: string, atMs: number) => () =>
    keys.authenticate({ appId: 'app', value, source: '::1' }, atMs);
  for (const value of ['parent', securedFrom('parent', 'filters=a%3Ax')]) {
    expect(at(value, NOW_MS + 9_999)).not.toThrow();
    expect(at(value, NOW_MS + 10_000)).toThrow(stranger);
  }
  expect(keys.all(NOW_MS + 10_000).map(({ value }) => value)).toEqual(['admin']);
});

test('changes take effect after the delay, in order', () => {
  const written: string[][] = [];
  const file = {
    read: () => [],
    write: (list: Iterable<ApiKey>) => void written.push([...list].map((key) => key.acl.join('+'))),
  };
  const keys = new ApiKeys({ appId: 'app', adminKey: 'admin', others: [parent], file, delayMs: 100 });
  const { value } = keys.add({ acl: ['search'] }, 0);
  keys.replace(value, { acl: ['browse'] }, 50);
  keys.delete(value, 60);
  expect(written).toEqual([['search'], ['browse'], []]);
  const aclAt = (nowMs: number) => keys.find(value, nowMs).acl;
  const missing = expect.objectContaining({ status: 404, message: 'Key does not exist' });
  expect(() => aclAt(99)).toThrow(missing);
  expect(aclAt(100)).toEqual(['search']);
  expect(aclAt(150)).toEqual(['browse']);
  expect(() => aclAt(160)).toThrow(missing);
  expect(() => keys.delete(value, 200)).toThrow(missing);
  expect(() => keys.replace('parent', { acl: ['addObject'] }, 200)).toThrow('Method not allowed');
  expect(() => keys.delete('admin', 200)).toThrow('Method not allowed');
});
