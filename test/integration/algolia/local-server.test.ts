import { firstValueFrom, from, lastValueFrom, tap, toArray } from 'rxjs';
import { concatMap } from 'rxjs/operators';
import { expect, onTestFinished, test } from 'vitest';
import { createAlgolia } from '../../../src/algolia/client.ts';
import { checkKey } from '../../../src/algolia/preflight.ts';
import { published } from '../../../src/algolia/publication.ts';
import { applySettings } from '../../../src/algolia/settings.ts';
import { createWriter } from '../../../src/algolia/writer.ts';
import { PreconditionError, SessionLostError, UnavailableError } from '../../../src/errors.ts';
import { type AlgoliaServerOptions, startAlgoliaServer } from '../../../src/local/algolia/server.ts';
import type { Lsn } from '../../../src/lsn.ts';
import type { Operation, Position } from '../../../src/records/operations.ts';
import { waitFor } from '../../support/wait-for.ts';
import { closedUrl } from './wire-server.ts';

async function start(options: Partial<AlgoliaServerOptions> = {}, key?: { appId?: string; apiKey?: string }) {
  const server = await startAlgoliaServer({ port: 0, ...options });
  onTestFinished(() => server.close());
  const { appId = server.appId, apiKey = server.adminKey } = key ?? {};
  const algolia = createAlgolia({ appId, apiKey, hosts: [server.url], compression: 'none' });
  onTestFinished(() => algolia.close());
  const writer = createWriter({ algolia, fence: async () => {} });
  const untilPublished = published({
    confirmAfter: 'published',
    isPublished: (index, taskID) => algolia.isPublished(index, taskID),
  });
  return { server, algolia, writer, untilPublished };
}

function operation(kind: Operation['kind'], objectID: string, fields = ''): Operation {
  const action = kind === 'update' ? 'updateObject' : 'deleteObject';
  const bytes = Buffer.from(`{"action":"${action}","body":{"objectID":"${objectID}"${fields}}}`);
  return {
    kind,
    table: 'public.audit_log',
    index: 'audit_log',
    objectID,
    bytes,
    start: 0,
    end: bytes.length,
  };
}

const position = (lsn: number): Position => ({
  kind: 'position',
  lsn: BigInt(lsn) as Lsn,
  committedAtMicros: undefined,
});

test('what is released is in the index, in order, and costs few questions', async () => {
  const { server, writer, untilPublished } = await start({ taskDelayMs: 100 });
  const seen: unknown[] = [];
  const batches = Array.from({ length: 20 }, (_, at) => [
    operation('update', String(at), `,"n":${at}.10`),
    position(at),
  ]);
  const released = from(batches).pipe(
    concatMap((steps) => writer.write(steps)),
    untilPublished,
    tap((written) => seen.push(server.record('audit_log', String(written.position?.lsn)))),
    toArray(),
  );
  const written = await lastValueFrom(released);
  expect(written.map(({ position }) => Number(position?.lsn))).toEqual(batches.map((_, at) => at));
  expect(seen).toEqual(batches.map((_, at) => `{"objectID":"${at}","n":${at}.10}`));
  expect(server.requests['POST /1/indexes/:index/batch']).toBe(20);
});

test('updates and deletes of one record end as the last of them says', async () => {
  const { server, writer, untilPublished } = await start();
  const batches = [
    [
      operation('update', '1', ',"v":1'),
      operation('update', '2', ',"v":1'),
      operation('update', '1', ',"v":2'),
    ],
    [operation('delete', '1'), operation('delete', '2'), operation('update', '2', ',"v":3')],
  ];
  await lastValueFrom(
    from(batches).pipe(
      concatMap((steps) => writer.write(steps)),
      untilPublished,
    ),
  );
  expect(server.record('audit_log', '1')).toBeUndefined();
  expect(server.record('audit_log', '2')).toBe('{"objectID":"2","v":3}');
});

test('a task that the server has forgotten ends the session', async () => {
  const { server, writer, untilPublished } = await start();
  server.faults.add({ kind: 'forget', path: '/batch' });
  const released = firstValueFrom(writer.write([operation('update', '1')]).pipe(untilPublished));
  await expect(released).rejects.toBeInstanceOf(SessionLostError);
});

test('a lost answer and a reset after the write cost a repetition, and the record is there once', async () => {
  const { server, writer, untilPublished } = await start();
  server.faults.add({ kind: 'reset', when: 'before' }, { kind: 'reset', when: 'after' });
  server.faults.add({ kind: 'lost', closeAfterMs: 50 });
  await firstValueFrom(writer.write([operation('update', '1', ',"v":1')]).pipe(untilPublished));
  expect(server.record('audit_log', '1')).toBe('{"objectID":"1","v":1}');
  expect(server.faults.waiting).toEqual([]);
});

test('a record over the limit is set aside, with a message that has neither its objectID nor a value', async () => {
  const { writer, server } = await start();
  const large = operation('update', 'person-4711', `,"v":"${'x'.repeat(20_000)}"`);
  const accepted = await firstValueFrom(
    writer.write([operation('update', '1'), large, operation('update', '2')]),
  );
  expect(accepted.records).toBe(2);
  const [letter, ...more] = accepted.letters.setAside;
  expect(more).toEqual([]);
  expect(letter).toMatchObject({ objectID: 'person-4711', reason: 'refused', httpStatus: 400 });
  expect(letter?.message).toMatch(/position 0 .*too big/);
  expect(letter?.message).not.toContain('4711');
  await waitFor(() => ['1', '2'].every((id) => server.record('audit_log', id) !== undefined), {
    description: 'the two others',
  });
});

test('settings are applied once', async () => {
  const { algolia } = await start({ taskDelayMs: 50 });
  const wanted = {
    searchableAttributes: ['action'],
    attributesForFaceting: ['action', 'filterOnly(actor_id)'],
  };
  expect((await applySettings(algolia, 'audit_log', wanted)).changes.map(({ name }) => name)).toEqual([
    'attributesForFaceting',
    'searchableAttributes',
  ]);
  expect(await applySettings(algolia, 'audit_log', wanted)).toEqual({ changes: [], published: true });
});

const tables = { 'public.audit_log': { index: 'audit_log' } };
const keys = [
  { value: 'write', acl: ['addObject', 'search'] },
  { value: 'write-and-delete', acl: ['addObject', 'deleteObject', 'search'], indexes: ['audit_*'] },
  { value: 'elsewhere', acl: ['addObject', 'deleteObject', 'search'], indexes: ['other'] },
] as const;

test.each([
  ['local-admin-key', true],
  ['write', false],
  ['write-and-delete', true],
])('the key %s suffices (deletes: %s)', async (apiKey, needsDelete) => {
  const { algolia } = await start({ keys }, { apiKey });
  await checkKey(algolia, tables, needsDelete);
});

test.each([
  ['local-search-key', false, 'lacks the right addObject'],
  ['write', true, 'lacks the right deleteObject'],
  ['elsewhere', false, 'restricted'],
  ['unknown', false, 'Invalid Application-ID or API key'],
])('the key %s does not (deletes: %s)', async (apiKey, needsDelete, message) => {
  const { algolia } = await start({ keys }, { apiKey });
  const check = checkKey(algolia, tables, needsDelete);
  await expect(check).rejects.toBeInstanceOf(PreconditionError);
  await expect(check).rejects.toThrow(message);
});

test('a key that may not read its own rights is tried at the index', async () => {
  const unreadable = { kind: 'refuse', status: 403, path: '/1/keys/' } as const;
  const able = await start({ keys }, { apiKey: 'write' });
  able.server.faults.add(unreadable);
  await checkKey(able.algolia, tables, false);
  const unable = await start({ keys }, { apiKey: 'elsewhere' });
  unable.server.faults.add(unreadable);
  await expect(checkKey(unable.algolia, tables, false)).rejects.toThrow('refuses this application and key');
});

test('another application is a precondition, a server that is away is not', async () => {
  const { algolia } = await start({}, { appId: 'other' });
  await expect(checkKey(algolia, tables, false)).rejects.toBeInstanceOf(PreconditionError);
  const away = createAlgolia({ appId: 'a', apiKey: 'b', hosts: [await closedUrl()], compression: 'none' });
  await expect(checkKey(away, tables, false)).rejects.toBeInstanceOf(UnavailableError);
});
