import { expect, test } from 'vitest';
import { nextCommands } from '../../../src/cli/next-commands.ts';
import { proposeTable } from '../../../src/init/proposal.ts';
import { column, table } from '../init/found.ts';

function initiated(...names: string[]) {
  const found = table('app.log', [column('id', 'uuid'), ...names.map((name) => column(name))]);
  const proposal = proposeTable(found, 'log', { defaults: new Map(), serverZone: 'UTC' });
  if (proposal === undefined) throw new Error('nothing was proposed');
  return { database: 'app', obstacle: undefined, tables: [{ proposal, notices: [] }] };
}

const FOUND = { path: '/x', name: 'wal2algolia.config.mjs', format: 'js', isFound: true } as const;
const GIVEN = { DATABASE_URL: 'x', ALGOLIA_APP_ID: 'x', ALGOLIA_API_KEY_FILE: '/x' };
const COMMANDS = ['wal2algolia setup --dry-run', 'wal2algolia setup', 'wal2algolia run'];

test('what is there is not asked for', () => {
  expect(nextCommands(initiated(), FOUND, GIVEN)).toEqual(COMMANDS);
  expect(nextCommands(initiated('userId'), FOUND, { ...GIVEN, WAL2ALGOLIA_PSEUDONYM_KEY: 'x' })).toEqual(
    COMMANDS,
  );
});

test('what is missing comes first, the key of the pseudonyms with how to make one', () => {
  const [variables, key, ...commands] = nextCommands(initiated('userId'), FOUND, { ALGOLIA_APP_ID: '' });
  expect(variables).toBe('export DATABASE_URL=... ALGOLIA_APP_ID=... ALGOLIA_API_KEY=...');
  expect(key).toMatch(/^export WAL2ALGOLIA_PSEUDONYM_KEY="\$\(openssl rand -base64 32\)"/);
  expect(commands).toEqual(COMMANDS);
});

test('a file that is not found by itself is named, as a shell wants it', () => {
  const file = { ...FOUND, name: "it's mine.json", isFound: false };
  expect(nextCommands(initiated(), file, GIVEN).at(-1)).toBe("wal2algolia run --config 'it'\\''s mine.json'");
});

test('documents that are compared need the key as well', () => {
  const columns = [column('id', 'uuid'), column('before', 'jsonb'), column('after', 'jsonb')];
  const proposal = proposeTable(table('app.log', columns), 'log', { defaults: new Map(), serverZone: 'UTC' });
  if (proposal === undefined) throw new Error('nothing was proposed');
  const initiated = { database: 'app', obstacle: undefined, tables: [{ proposal, notices: [] }] };
  const [key, ...commands] = nextCommands(initiated, FOUND, GIVEN);
  expect(key).toMatch(/^export WAL2ALGOLIA_PSEUDONYM_KEY=/);
  expect(commands).toEqual(COMMANDS);
});
