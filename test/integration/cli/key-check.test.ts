import { expect, test } from 'vitest';
import { startIndex } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { startProgram } from '../../support/program.ts';
import { commandFor, createSlot } from './dead-letter-case.ts';

const KEYS = [
  { value: 'least-run', acl: ['addObject', 'deleteObject'], indexes: ['t'] },
  { value: 'least-setup', acl: ['settings', 'editSettings'] },
  { value: 'least-search', acl: ['search'] },
  { value: 'wrong-run', acl: ['addObject', 'editSettings'], indexes: ['other'] },
  { value: 'wrong-search', acl: ['search', 'logs'] },
] as const;

test('setup says of each key what it lacks and what it has too much, and of least ones nothing', async () => {
  await using database = await createDatabase();
  await createSlot(database);
  await using server = await startIndex({ keys: KEYS });
  const told = async (keys: Record<'apiKey' | 'adminKey' | 'searchKey', string>, url = server.url) => {
    const more = {
      tables: { 'public.t': { index: 't', settings: {} } },
      algolia: { appId: server.appId, apiKey: keys.apiKey, searchKey: keys.searchKey, hosts: [url] },
    };
    await using command = await commandFor(database, undefined, more);
    await using program = startProgram(['setup', '--config', command.file], {
      env: { ALGOLIA_ADMIN_KEY: keys.adminKey },
    });
    const { code } = await program.ended;
    return {
      code,
      stderr: program.stderr(),
      notes: program.stdout().match(/^note: .*(\.|_)[a-zA-Z]+ .*/gm) ?? [],
    };
  };
  const least = { apiKey: 'least-run', adminKey: 'least-setup', searchKey: 'least-search' };
  expect(await told(least)).toEqual({ code: 0, stderr: '', notes: [] });
  expect(await told({ ...least, apiKey: 'wrong-run', searchKey: 'wrong-search' })).toEqual({
    code: 0,
    stderr: '',
    notes: [
      'note: algolia.apiKey (run) lacks the right deleteObject',
      'note: algolia.apiKey (run) is restricted to other indexes than t',
      'note: algolia.apiKey (run) may do more than it needs: editSettings (docs/keys.md)',
      'note: algolia.searchKey (search, and parent of minted keys) may do more than it needs: logs (docs/keys.md)',
    ],
  });
  const unknown = await told({ ...least, apiKey: 'nobody' });
  expect(unknown.notes).toEqual([
    expect.stringMatching(
      /^note: algolia\.apiKey \(run\): Algolia does not take it: Invalid Application-ID or API key\. .*mistyped/,
    ),
  ]);
  const admin = await told({ ...least, adminKey: 'nobody' });
  expect(admin).toMatchObject({
    code: 78,
    stderr: expect.stringMatching(/ALGOLIA_APP_ID.*ALGOLIA_ADMIN_KEY.*Invalid.*\n {2}remedy: .*mistyped/),
  });
});

test('without Algolia setup does its work in Postgres, and says that it does not know', async () => {
  await using database = await createDatabase();
  await createSlot(database);
  await using command = await commandFor(database);
  const { code, json } = await command.end('setup', '--json');
  expect(code).toBe(0);
  expect(json).toMatchObject({
    keys: [{ key: 'algolia.apiKey (run)', unknown: expect.stringContaining('ECONNREFUSED') }],
  });
});
