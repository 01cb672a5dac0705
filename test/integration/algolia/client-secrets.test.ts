import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { TooLargeError, TransientError } from '../../../src/algolia/failures.ts';
import { ConfigError } from '../../../src/errors.ts';
import { API_KEY, client, failureOf } from './client-case.ts';
import { json, startWireServer, type WireAnswer } from './wire-server.ts';

test.each([
  [400, json(400, { message: 'Record at the position 0 objectID=SECRET-1 is too big', status: 400 })],
  [403, json(403, { message: 'Invalid Application-ID or API key', status: 403 })],
  [413, json(413, { message: 'too large SECRET-2' })],
  [429, json(429, { message: 'too many SECRET-3' })],
  [503, json(503, { message: 'SECRET-4' })],
  [400, (response) => void response.writeHead(400).end('SECRET-5 '.repeat(10_000))],
] satisfies [number, WireAnswer][])(
  '%i: no record and no key in what the error prints',
  async (status, answer) => {
    await using server = await startWireServer(answer);
    const records = randomBytes(4_500_000).toString('hex');
    const large = Buffer.from(`{"requests":[{"body":{"objectID":"SECRET-0","v":"${records}"}}]}`);
    const failure = await failureOf(client([server.url]).batch('a', large));
    const shown = inspect(failure, {
      depth: 50,
      showHidden: true,
      maxStringLength: null,
      maxArrayLength: null,
    });
    expect(shown.length).toBeLessThan(10_000);
    for (const secret of ['SECRET', API_KEY, records.slice(0, 20)]) expect(shown).not.toContain(secret);
    expect(failure).toMatchObject({ status });
    expect(failure instanceof TransientError).toBe(status === 429 || status === 503);
    expect(failure instanceof TooLargeError).toBe(status === 413);
  },
);

test('a wrong key is told without being repeated, although its path holds it', async () => {
  await using server = await startWireServer(json(403, { message: `Invalid key ${API_KEY}`, status: 403 }));
  const failure = await failureOf(client([server.url]).keyRights());
  expect(inspect(failure, { depth: 50, showHidden: true })).not.toContain(API_KEY);
});

test.each([
  { appId: 'MY APP' },
  { appId: '' },
  { apiKey: '' },
  { apiKey: 'key\n' },
  { hosts: undefined, appId: 'evil.example/' },
  { hosts: ['localhost:7700'] },
])('%j cannot be used, and is not repeated', (options) => {
  const create = () => client(['http://127.0.0.1:1'], options);
  expect(create).toThrow(ConfigError);
  expect(create).not.toThrow(/evil|key\n/);
});
