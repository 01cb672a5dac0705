import { expect, test } from 'vitest';
import { RefusedError, TransientError } from '../../../src/algolia/failures.ts';
import { checkKey } from '../../../src/algolia/preflight.ts';
import { checkVerifyingKey } from '../../../src/algolia/verifying-key.ts';
import { PreconditionError, UnavailableError } from '../../../src/errors.ts';

const tables = { 'public.audit_log': { index: 'audit_log' } };
const cause = new Error('cause');
const refused = (status: number, reason = 'not allowed') =>
  new RefusedError('asking', { status, reason, cause });

function key(acl: readonly string[], indexes: readonly string[] = []) {
  return { keyRights: async () => ({ acl, indexes }), isPublished: async () => true };
}

function unreadable(rights: unknown, task: unknown) {
  return { keyRights: () => Promise.reject(rights), isPublished: () => Promise.reject(task) };
}

test.each([
  [key(['addObject']), false],
  [key(['search', 'deleteObject', 'addObject']), true],
  [key(['addObject'], ['audit_log']), false],
  [key(['addObject'], ['other', 'audit_*']), false],
  [key(['addObject'], ['*_log']), false],
  [key(['addObject'], ['*dit*']), false],
])('a key that suffices passes (%#)', async (algolia, needsDelete) => {
  await expect(checkKey(algolia, tables, needsDelete)).resolves.toBeInstanceOf(Array);
});

test('what following a TRUNCATE takes depends on whether an index holds other tables', async () => {
  const both = { 'public.a': { index: 'shared' }, 'public.b': { index: 'shared' } };
  const missing = (acl: readonly string[], of: Parameters<typeof checkKey>[1] = tables) =>
    checkKey(key(['addObject', ...acl]), of, false);
  await expect(missing([])).resolves.toEqual(['deleteIndex']);
  await expect(missing(['deleteIndex'])).resolves.toEqual([]);
  await expect(missing(['deleteIndex'], both)).resolves.toEqual(['browse', 'deleteObject']);
  await expect(missing(['browse', 'deleteObject'], both)).resolves.toEqual([]);
});

test('a table with a retention takes deleteObject and browse', async () => {
  const kept = { 'public.a': { index: 'audit_log', retention: { days: 1 } } };
  await expect(checkKey(key(['addObject']), kept, false)).rejects.toThrow(
    /lacks the right deleteObject and browse$/,
  );
  await expect(checkKey(key(['addObject', 'deleteObject', 'browse']), kept, false)).resolves.toBeInstanceOf(
    Array,
  );
});

test.each([
  [key(['search']), false, /lacks the right addObject$/],
  [key(['addObject']), true, /lacks the right deleteObject$/],
  [key([]), true, /lacks the right addObject and deleteObject$/],
  [key(['addObject'], ['audit']), false, /restricted to other indexes than audit_log$/],
  [key(['addObject'], ['audit.log', 'xaudit_*']), false, /restricted to other indexes than audit_log$/],
])('what a key lacks is named, with the remedy (%#)', async (algolia, needsDelete, message) => {
  const check = checkKey(algolia, tables, needsDelete);
  await expect(check).rejects.toBeInstanceOf(PreconditionError);
  await expect(check).rejects.toMatchObject({
    message: expect.stringMatching(message),
    remedy: expect.any(String),
  });
});

test('what a transform keeps out has to be deleted, also where no delete is followed', async () => {
  const transformed = { 'public.audit_log': { index: 'audit_log', transform: {} } };
  await expect(checkKey(key(['addObject']), transformed, false)).rejects.toThrow(
    'lacks the right deleteObject',
  );
  await expect(checkKey(key(['addObject', 'deleteObject']), transformed, false)).resolves.toBeInstanceOf(
    Array,
  );
});

test('a key that may not read its own rights passes when it may ask about tasks of the index', async () => {
  await expect(checkKey(unreadable(refused(403), refused(404)), tables, false)).resolves.toEqual([]);
  const knows = { ...unreadable(refused(403), undefined), isPublished: async () => false };
  await expect(checkKey(knows, tables, false)).resolves.toEqual([]);
});

test('a wrong application or key is a precondition', async () => {
  const check = checkKey(unreadable(refused(403), refused(403)), tables, false);
  await expect(check).rejects.toBeInstanceOf(PreconditionError);
  await expect(check).rejects.toMatchObject({ remedy: expect.stringContaining('ALGOLIA_APP_ID') });
});

test('a key that Algolia does not know is not told as one that lacks a right', async () => {
  const unknown = refused(403, 'Invalid Application-ID or API key');
  const wrong = {
    message: expect.stringMatching(
      /no such key of it \(ALGOLIA_APP_ID, ALGOLIA_API_KEY\): Invalid Application-ID or API key$/,
    ),
    remedy: expect.stringMatching(/mistyped.*another application.*deleted/),
  };
  const algolia = unreadable(unknown, unknown);
  await expect(checkKey(algolia, tables, false)).rejects.toMatchObject(wrong);
  const config = { algolia: { confirmAfter: 'published' } } as Parameters<typeof checkVerifyingKey>[1];
  await expect(checkVerifyingKey(algolia, config)).rejects.toMatchObject(wrong);
  await expect(checkVerifyingKey(unreadable(refused(403), unknown), config)).rejects.toMatchObject({
    message: expect.stringMatching(/lacks the right browse and search/),
  });
});

test('out of reach is not a precondition', async () => {
  const unreachable = new TransientError('asking', { cause, status: undefined, outcomeUnknown: false });
  const check = (algolia: Parameters<typeof checkKey>[0]) => checkKey(algolia, tables, false);
  await expect(check(unreadable(unreachable, unreachable))).rejects.toBeInstanceOf(UnavailableError);
  await expect(check(unreadable(refused(403), unreachable))).rejects.toBeInstanceOf(UnavailableError);
});
