import { expect, test } from 'vitest';
import { defaultHosts, HostRotation, hostUrl, parseHosts } from '../../../src/algolia/hosts.ts';
import { ConfigError } from '../../../src/errors.ts';

test('reads scheme, host and port, and a host given twice once', () => {
  const urls = [
    'http://127.0.0.1:7700',
    'https://search.example.com/',
    'http://[::1]:80',
    'http://127.0.0.1:7700/',
  ];
  expect(parseHosts(urls)).toEqual([
    { url: '127.0.0.1', protocol: 'http', port: 7700, accept: 'readWrite' },
    { url: 'search.example.com', protocol: 'https', accept: 'readWrite' },
    { url: '[::1]', protocol: 'http', accept: 'readWrite' },
  ]);
});

test.each([
  '127.0.0.1:7700',
  'search.example.com',
  'ftp://a',
  'http://a/path',
  'https://u:secret@a',
  'http://a?x=1',
  '',
])('%j is refused by its key, without being repeated', (url) => {
  const parse = () => parseHosts(['http://ok', url]);
  expect(parse).toThrow(ConfigError);
  expect(parse).toThrow(/^algolia\.hosts\[1\] /);
  expect(parse).not.toThrow(/secret/);
});

test('an empty list is refused', () => {
  expect(() => parseHosts([])).toThrow(ConfigError);
});

test("without hosts Algolia's own are used: reads and writes begin at different ones", () => {
  const rotation = new HostRotation(
    defaultHosts('APP', () => 0.5),
    () => 0,
  );
  expect(hostUrl(rotation.next('read'))).toBe('https://APP-dsn.algolia.net');
  const tried = [1, 2, 3, 4].map(() => {
    const host = rotation.next('write');
    rotation.failed(host);
    return hostUrl(host);
  });
  expect(tried).toEqual([
    'https://APP.algolia.net',
    'https://APP-1.algolianet.com',
    'https://APP-2.algolianet.com',
    'https://APP-3.algolianet.com',
  ]);
});

test('a failed host is passed over for two minutes; when all have failed, the one whose failure is oldest is next', () => {
  let nowMs = 0;
  const [a, b] = parseHosts(['http://a', 'http://b']);
  if (a === undefined || b === undefined) throw new Error('two hosts');
  const rotation = new HostRotation([a, b], () => nowMs);
  expect(rotation.next('write')).toBe(a);
  rotation.failed(a);
  nowMs = 1;
  expect(rotation.next('write')).toBe(b);
  rotation.failed(b);
  nowMs = 2;
  expect(rotation.next('write')).toBe(a);
  rotation.failed(a);
  expect(rotation.next('write')).toBe(b);
  rotation.answered(b);
  nowMs = 120_001;
  expect(rotation.next('write')).toBe(b);
  nowMs = 120_002;
  expect(rotation.next('write')).toBe(a);
});

test('a single host is used however often it fails', () => {
  const rotation = new HostRotation(parseHosts(['http://a']), () => 0);
  for (const host of [1, 2, 3].map(() => rotation.next('write'))) {
    expect(host.url).toBe('a');
    rotation.failed(host);
  }
});
