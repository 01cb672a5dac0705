import { describe, expect, it } from 'vitest';
import { judgeRights, keyUses } from '../../../src/algolia/key-rights.ts';
import { Secret } from '../../../src/config/secret.ts';

const keys = { apiKey: new Secret('run'), adminKey: new Secret('setup'), searchKey: new Secret('search') };
const alone = { 'public.a': { index: 'a' } };
const shared = { 'public.a': { index: 'a' }, 'public.b': { index: 'a' } };
const everything = { deletes: true, truncates: true };

const uses = (...args: Parameters<typeof keyUses>) =>
  keyUses(...args).map(({ name, needed, useful }) => ({ name, needed, useful }));

describe('what a key needs', () => {
  it('follows from what is followed', () => {
    const run = (followed: Parameters<typeof keyUses>[3], tables: Parameters<typeof keyUses>[1] = alone) =>
      uses({ ...keys, searchKey: undefined }, tables, [], followed);
    const name = 'algolia.apiKey (run)';
    expect(run({ deletes: false, truncates: false })).toEqual([
      { name, needed: ['addObject'], useful: ['search', 'browse'] },
    ]);
    expect(run({ deletes: true, truncates: false })).toEqual([
      { name, needed: ['addObject', 'deleteObject'], useful: ['search', 'browse'] },
    ]);
    expect(run(everything)[0]?.useful).toEqual(['search', 'browse', 'deleteIndex']);
    expect(run(everything, shared)[0]?.useful).toEqual(['search', 'browse', 'deleteObject']);
    expect(
      run({ deletes: false, truncates: false }, { 'public.a': { index: 'a', transform: {} } })[0]?.needed,
    ).toEqual(['addObject', 'deleteObject']);
    expect(run(undefined)).toEqual([
      { name, needed: ['addObject'], useful: ['search', 'browse', 'deleteObject', 'deleteIndex'] },
    ]);
  });

  it('is of each key by itself, and of both commands where one key serves them', () => {
    expect(uses(keys, alone, ['a'], everything).map(({ needed }) => needed)).toEqual([
      ['addObject', 'deleteObject'],
      ['settings', 'editSettings'],
      ['search'],
    ]);
    const one = { ...keys, adminKey: keys.apiKey };
    expect(uses(one, alone, ['a'], everything)[0]).toMatchObject({
      name: 'algolia.apiKey (run and setup)',
      needed: ['addObject', 'deleteObject', 'settings', 'editSettings'],
    });
  });
});

it('a judgement names what is missing, what is too much, and which index is closed', () => {
  const [run] = keyUses(keys, { ...alone, 'public.b': { index: 'b' } }, [], {
    deletes: true,
    truncates: false,
  });
  if (run === undefined) throw new Error('no key to judge');
  const judge = (acl: readonly string[], indexes: readonly string[] = []) =>
    judgeRights(run, { acl, indexes });
  const fine = { missing: [], superfluous: [], closed: [] };
  expect(judge(['addObject', 'deleteObject'])).toEqual(fine);
  expect(judge(['search', 'addObject', 'deleteObject'], ['a', 'b*'])).toEqual(fine);
  expect(judge(['addObject', 'logs', 'deleteIndex'], ['a'])).toEqual({
    missing: ['deleteObject'],
    superfluous: ['logs', 'deleteIndex'],
    closed: ['b'],
  });
});
