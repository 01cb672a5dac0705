import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { readConfigFile } from '../../../src/config/config-file.ts';
import { configShape } from '../../../src/init/config-shape.ts';
import { configText } from '../../../src/init/config-text.ts';
import { proposeTable, type TableProposal } from '../../../src/init/proposal.ts';
import { column, table, uniqueIndex } from './found.ts';

/** Names that would end a comment, a string or a line, or mean something to JavaScript. */
const HOSTILE = [
  `it's`,
  '"',
  'back\\slash',
  'new\nline_id',
  'carriage\rreturn_id',
  'separator\u2028throw 1_id',
  'paragraph\u2029throw 1_id',
  'bell\u0007_id',
  'right\u202Eleft_id',
  'tag\u{E0041}_id',
  '*/ throw 1 /*',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as somebody may call a column
  '${process.exit(1)}',
  '__proto__',
  'constructor',
  '备注_id',
  '1_id',
];

function proposals(): readonly TableProposal[] {
  const columns = [
    column('id', 'bigint', { isCounted: true }),
    column('createdAt', 'timestamp'),
    column('actorId'),
    column('operation', 'public.mood'),
    column('oldValues', 'jsonb'),
    column('newValues', 'jsonb'),
    column('password'),
    ...HOSTILE.map((name, place) => column(name, place % 2 === 0 ? 'integer' : 'text')),
  ];
  const first = table('public.Audit "Log"', columns, { uniqueIndexes: [uniqueIndex(['id'])] });
  const second = table('app.log', [column('id', 'uuid'), column('updated_at', 'timestamptz')]);
  return [first, second].flatMap(
    (each, place) =>
      proposeTable(each, `index_${place}`, {
        defaults: new Map([['createdAt', 'now()']]),
        serverZone: 'Asia/Kolkata',
      }) ?? [],
  );
}

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'wal2algolia-init-'));
});
afterAll(() => rm(cwd, { recursive: true }));

describe.each([
  ['json', 'json'],
  ['js', 'mjs'],
  ['js', 'js'],
  ['ts', 'ts'],
] as const)('as %s in a file .%s', (format, extension) => {
  it('loads back as what was proposed, whatever the names are', async () => {
    const name = `config.${extension}`;
    await writeFile(join(cwd, name), configText(proposals(), format));
    const file = await readConfigFile(name, cwd);
    expect(file?.content).toEqual(configShape(proposals()));
  });
});

test('an index of its own says what the others are complete through', () => {
  const [first, second] = proposals() as [TableProposal, TableProposal];
  const named = [first, { ...second, index: 'index_0_status' }];
  expect(configShape(named)).toMatchObject({ algolia: { statusIndex: 'index_0_status_status' } });
});

test('every column stands there with its mark, on one line', () => {
  const text = configText(proposals(), 'js');
  const comments = text
    .split('\n')
    .filter((line) => /^ +\/\/ .*: (indexed|pseudonymised|dropped)/.test(line));
  expect(comments).toHaveLength(proposals().reduce((sum, { columns }) => sum + columns.length, 0));
  expect(text).toContain(
    "// password (text): dropped: a secret, by its name\n        // password: 'password',\n",
  );
  expect(text).toContain('// new\\u000aline_id (text)');
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
});

test('no line is longer than what one can read, as far as it can be broken', () => {
  const lines = configText(proposals(), 'js').split('\n');
  expect(lines.filter((line) => line.length > 110 && !line.includes('//'))).toEqual([]);
});

test('what is guessed is said where it stands', () => {
  const [, guessed] = proposals();
  const text = configText([guessed as TableProposal], 'js');
  expect(text).toMatch(/no two rows share it.*\n +objectID: \['id'\],/);
  expect(text).toContain('Its rows seem to be changed later');
  expect(text).not.toContain('operations:');
});
