import { expect, test } from 'vitest';
import { RefusedError } from '../../../src/algolia/failures.ts';
import { API_KEY, body, client, failureOf } from './client-case.ts';
import { accepted, json, startWireServer } from './wire-server.ts';

test('the bytes of a batch arrive as they are, with the headers and the path of the API', async () => {
  await using server = await startWireServer(accepted(7));
  expect(await client([server.url]).batch('audit log/ü', body)).toEqual({ taskID: 7 });
  const request = server.requests[0];
  expect(request).toMatchObject({ method: 'POST', path: '/1/indexes/audit%20log%2F%C3%BC/batch' });
  expect(request?.body.equals(body)).toBe(true);
  expect(request?.headers).toMatchObject({
    'content-length': String(body.length),
    'x-algolia-api-key': API_KEY,
    'x-algolia-application-id': 'APP',
    'accept-encoding': 'identity',
  });
  expect(request?.headers).not.toHaveProperty('content-encoding');
  expect(Object.keys(request?.headers ?? {}).filter((name) => name.includes('ready'))).toEqual([]);
});

test('bytes are packed when asked for, and unpack to the same', async () => {
  await using server = await startWireServer(accepted(7));
  const algolia = client([server.url], { compression: 'gzip' });
  const large = Buffer.from(`{"requests":["${'1.10,'.repeat(10_000)}"]}`);
  await algolia.batch('a', large);
  await algolia.batch('a', body);
  const [packed, small] = server.requests;
  expect(packed?.headers['content-encoding']).toBe('gzip');
  expect(Number(packed?.headers['content-length'])).toBeLessThan(large.length / 10);
  expect(packed?.body.equals(large)).toBe(true);
  expect(small?.headers['content-encoding']).toBeUndefined();
  expect(small?.body.equals(body)).toBe(true);
});

test('asks about tasks, rights and settings in the words of the API', async () => {
  await using server = await startWireServer(
    json(200, { status: 'notPublished', pendingTask: true }),
    json(200, { status: 'published', pendingTask: false }),
    json(200, { value: API_KEY, acl: ['addObject'], indexes: ['audit_*'], createdAt: 1, validity: 0 }),
    json(200, { value: API_KEY, acl: ['addObject'], createdAt: 1, validity: 0 }),
    json(404, { message: 'Index does not exist', status: 404 }),
    json(200, { hitsPerPage: 20 }),
    json(200, { taskID: 3, updatedAt: '2026-11-23T00:00:00Z' }),
    json(404, { message: 'Task does not exist', status: 404 }),
  );
  const algolia = client([server.url]);
  expect(await algolia.isPublished('a', 1)).toBe(false);
  expect(await algolia.isPublished('a', 1)).toBe(true);
  expect(await algolia.keyRights()).toEqual({ acl: ['addObject'], indexes: ['audit_*'] });
  expect(await algolia.keyRights()).toEqual({ acl: ['addObject'], indexes: [] });
  expect(await algolia.getSettings('a')).toBeUndefined();
  expect(await algolia.getSettings('a')).toEqual({ hitsPerPage: 20 });
  expect(await algolia.setSettings('a', { hitsPerPage: 30 })).toEqual({ taskID: 3 });
  expect(await failureOf(algolia.isPublished('a', 1))).toBeInstanceOf(RefusedError);
  expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /1/indexes/a/task/1',
    'GET /1/indexes/a/task/1',
    `GET /1/keys/${API_KEY}`,
    `GET /1/keys/${API_KEY}`,
    'GET /1/indexes/a/settings',
    'GET /1/indexes/a/settings',
    'PUT /1/indexes/a/settings',
    'GET /1/indexes/a/task/1',
  ]);
  expect(server.requests[6]?.body.toString()).toBe('{"hitsPerPage":30}');
});
