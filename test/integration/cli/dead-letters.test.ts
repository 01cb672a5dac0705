import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ConfigInput } from '../../../src/config/schema.ts';
import type { DeadLetter } from '../../../src/dead-letters/dead-letter.ts';
import type { AlgoliaServer } from '../../../src/local/algolia/server.ts';
import { lineConfig, released, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { type Program, startProgram } from '../../support/program.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { waitFor } from '../../support/wait-for.ts';
import { createTable, letter, openLetters, rows, setAside } from '../dead-letters/letter-case.ts';

const SECRET = 'the-secret-of-a-row';
const TABLES = { 'public.t': { index: 't' } };
type Index = Pick<AlgoliaServer, 'appId' | 'adminKey' | 'url'>;
/** Nobody listens there. */
const NOWHERE: Index = { appId: 'app', adminKey: 'key', url: 'http://127.0.0.1:1' };

type Command = AsyncDisposable & {
  start(...args: string[]): Program;
  /** To its end; standard output is JSON where `--json` was asked for. */
  end(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string; json: never }>;
};

async function commandFor(
  database: Pick<TestDatabase, 'url' | 'slot' | 'publication'>,
  index: Index = NOWHERE,
  more: Partial<ConfigInput> = {},
): Promise<Command> {
  const directory = await scratchDirectory();
  const file = join(directory.path, 'wal2algolia.config.json');
  await writeFile(
    file,
    JSON.stringify({
      postgres: { url: database.url },
      replication: { slot: database.slot, publication: database.publication },
      algolia: { appId: index.appId, apiKey: index.adminKey, hosts: [index.url] },
      tables: TABLES,
      ...more,
    }),
  );
  const start = (...args: string[]) => startProgram([...args, '--config', file]);
  return {
    start,
    end: async (...args) => {
      await using program = start(...args);
      const { code } = await program.ended;
      const stdout = program.stdout();
      const json = (args.includes('--json') && code === 0 ? JSON.parse(stdout) : undefined) as never;
      return { code, stdout, stderr: program.stderr(), json };
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

async function withLetters(database: TestDatabase, ...letters: DeadLetter[]): Promise<string[]> {
  await createTable(database);
  await using open = await openLetters(database);
  await open.apply(setAside(...letters));
  return (await rows(database)).map(({ id }) => String(id));
}

/** With a row that the slot never saw. */
async function createSlot({ client, publication, slot }: TestDatabase): Promise<void> {
  await client.query(`CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a')`);
  await client.query(
    `CREATE PUBLICATION "${publication}" FOR TABLE t WITH (publish = 'insert, update, delete')`,
  );
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
}

test('list tells what and why, and how many more, and never the record', async () => {
  await using database = await createDatabase();
  await withLetters(
    database,
    letter({ record: SECRET }),
    letter({
      objectID: '2',
      reason: 'too-large',
      httpStatus: undefined,
      message: 'of 20,000\u001b[31m bytes',
    }),
    letter({ objectID: undefined, reason: 'no-object-id', place: 1, table: 'public.u' }),
  );
  await using command = await commandFor(database);
  const all = await command.end('dead-letters', 'list');
  expect(all.code, all.stderr).toBe(0);
  expect(all.stdout).toMatch(
    /^id +table +objectID +reason +status +attempts +committed at +last failed +message$/m,
  );
  expect(all.stdout).toMatch(
    /public\.t +1 +refused +400 +1 +2026-01-02T03:04:05Z +\S+Z +Record is too big$/m,
  );
  expect(all.stdout).toMatch(/public\.t +2 +too-large +- .* of 20,000 \[31m bytes$/m);
  expect(all.stdout).toMatch(/public\.u +- +no-object-id/);
  expect(all.stdout).not.toContain(SECRET);
  const { json } = await command.end(
    'dead-letters',
    'list',
    '--json',
    '--table',
    'public.t',
    '--reason',
    'refused',
  );
  expect(json).toMatchObject({
    total: 1,
    letters: [{ objectID: '1', httpStatus: 400, lsn: 'A/B', committedAt: '2026-01-02T03:04:05.678901Z' }],
  });
  expect(JSON.stringify(json)).not.toContain(SECRET);
  expect((await command.end('dead-letters', 'list', '--limit', '1')).stdout).toMatch(
    /^and 2 more: --limit 3 /m,
  );
  expect((await command.end('dead-letters', 'list', '--table', 'public.v')).stdout).toBe('no dead letters\n');
  expect((await command.end('dead-letters', 'list', '--reason', 'none')).code).toBe(64);
});

test('show tells all of one letter, without what a terminal would obey', async () => {
  await using database = await createDatabase();
  const [id = ''] = await withLetters(database, letter({ record: `{"v":"${SECRET}"}\u001b[2J` }));
  await using command = await commandFor(database);
  const shown = await command.end('dead-letters', 'show', id);
  expect(shown.stdout).toMatch(new RegExp(`^record +\\{"v":"${SECRET}"\\} \\[2J$`, 'm'));
  expect((await command.end('dead-letters', 'show', id, '--json')).json).toMatchObject({
    id,
    objectID: '1',
    attempts: 1,
    record: `{"v":"${SECRET}"}\u001b[2J`,
  });
  const unknown = await command.end('dead-letters', 'show', '987654');
  expect(unknown.code).toBe(64);
  expect(unknown.stderr).toMatch(/slot "\w+" has no dead letter 987654\n {2}remedy: /);
  expect((await command.end('dead-letters', 'show', 'x')).code).toBe(64);
});

test('discard forgets those that are named and no others, says which, and confirms nothing', async () => {
  await using database = await createDatabase();
  await createSlot(database);
  const [one = '', two = ''] = await withLetters(
    database,
    letter(),
    letter({ objectID: '2' }),
    letter({ objectID: '3' }),
  );
  await using other = await openLetters({ url: database.url, slot: 'another' });
  await other.apply(setAside(letter()));
  const position = async () =>
    (
      await database.client.query(
        'SELECT confirmed_flush_lsn::text FROM pg_replication_slots WHERE slot_name = $1',
        [database.slot],
      )
    ).rows;
  const before = await position();
  await using command = await commandFor(database);
  for (const args of [[], ['--table', 'public.t', one], ['--all', one]])
    expect((await command.end('dead-letters', 'discard', ...args)).code, args.join(' ')).toBe(64);
  expect((await command.end('dead-letters', 'discard', one, '987654')).code).toBe(64);
  expect(await rows(database)).toHaveLength(4);
  const discarded = await command.end('dead-letters', 'discard', one, two);
  expect(discarded.stdout).toBe(
    `discarded: 2\n  ${one}  public.t 1: refused\n  ${two}  public.t 2: refused\n`,
  );
  const { json } = await command.end('dead-letters', 'discard', '--all', '--json');
  expect(json).toMatchObject({ discarded: [{ objectID: '3' }] });
  expect((await rows(database)).map(({ slot_name }) => slot_name)).toEqual(['another']);
  expect(await position()).toEqual(before);
});

test('before setup has made the table: 78 and the remedy, but status has nothing against it', async () => {
  await using database = await createDatabase();
  await createSlot(database);
  await using command = await commandFor(database);
  for (const args of [['list'], ['show', '1'], ['retry', '--all'], ['discard', '--all']]) {
    const { code, stderr } = await command.end('dead-letters', ...args);
    expect(code, args.join(' ')).toBe(78);
    expect(stderr).toMatch(/remedy: Run `wal2algolia setup`/);
  }
  expect((await command.end('status', '--json')).json).toMatchObject({ records: { deadLetters: 0 } });
  expect((await command.end('status')).stdout).toMatch(/^dead letters +none$/m);
  await withLetters(database, letter(), letter({ objectID: '2' }), letter({ table: 'public.u', index: 'u' }));
  expect((await command.end('status', '--json')).json).toMatchObject({ records: { deadLetters: 3 } });
  expect((await command.end('status')).stdout).toMatch(/^dead letters +2 of public\.t, 1 of public\.u$/m);
});

test('retry without a pipeline takes the slot, has the rows read again, drains, and says why what remains does', async () => {
  await using database = await createDatabase();
  await createSlot(database);
  await using server = await startIndex();
  const [id = '', elsewhere = '', impossible = '', keyless = ''] = await withLetters(
    database,
    letter(),
    letter({ objectID: undefined, reason: 'no-object-id', place: 1 }),
    letter({ table: 'public.gone', index: 'gone' }),
    letter({ objectID: '' }),
  );
  await using command = await commandFor(database, server);
  const retried = await command.end('dead-letters', 'retry', '--all', '--json');
  expect(retried.code, retried.stderr).toBe(0);
  const told = retried.json as { settled: { id: string }[]; remaining: { id: string; why: string }[] };
  expect([...told.settled, ...told.remaining].map((each) => each.id).sort()).toEqual(
    [id, keyless, elsewhere, impossible].sort(),
  );
  expect(told.remaining).toContainEqual(
    expect.objectContaining({
      id: keyless,
      why: expect.stringMatching(/no objectID.*correct the row, then discard/),
    }),
  );
  expect(told.remaining).toContainEqual(
    expect.objectContaining({ id: elsewhere, why: expect.stringMatching(/not configured any more/) }),
  );
  expect(told.remaining).toContainEqual(
    expect.objectContaining({ id: impossible, why: expect.stringMatching(/none of the table/) }),
  );
  expect(JSON.parse(server.record('t', '1') ?? '{}')).toMatchObject({ objectID: '1', v: 'a' });
  await released(database);
  const text = await command.end('dead-letters', 'retry', keyless);
  expect(text.stdout).toBe(
    `settled: 0\nremaining: 1\n  ${keyless}  public.t, a row without objectID: has no objectID, so it cannot be read again: correct the row, then discard this\n`,
  );
});

test('retry beside a running pipeline leaves the slot to it', async () => {
  await using database = await createDatabase();
  await createSlot(database);
  await using server = await startIndex();
  const [id = ''] = await withLetters(database, letter());
  await using line = startLine(lineConfig(database, server, { tables: TABLES }));
  await waitFor(() => line.status().state === 'streaming', { description: 'the pipeline to stream' });
  await using command = await commandFor(database, server);
  const retried = await command.end('dead-letters', 'retry', id);
  expect(retried.code, retried.stderr).toBe(0);
  expect(retried.stderr).toBe('');
  expect(JSON.parse(server.record('t', '1') ?? '{}')).toMatchObject({ v: 'a' });
  expect(line.status().state).toBe('streaming');
});

test('told to end while the index does not answer, it says that what was asked for is still to come', async () => {
  await using database = await createDatabase();
  await createSlot(database);
  await withLetters(database, letter());
  await using server = await startIndex();
  server.faults.add({ kind: 'refuse', status: 503, path: '/batch', times: 10_000 });
  await using command = await commandFor(database, server, { shutdownMs: 200 });
  await using program = command.start('dead-letters', 'retry', '--all');
  await waitFor(() => /streaming/.test(program.stderr()), { description: 'the command to take the slot' });
  program.kill('SIGTERM');
  expect(await program.ended, program.stderr()).toEqual({ code: 75, signal: null });
  expect(program.stderr()).toMatch(/whoever holds the slot does it/);
  await released(database);
});
