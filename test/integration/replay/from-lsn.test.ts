import { expect, test } from 'vitest';
import { runCli } from '../../../src/cli/program.ts';
import { parseLsn } from '../../../src/lsn.ts';
import { drained, startIndex } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { createLog, TABLES } from '../bookmarks/bookmark-case.ts';
import { commandFor } from '../cli/dead-letter-case.ts';
import { createCoverage } from '../completeness/status-case.ts';
import { position } from '../slots/slot-case.ts';

/** Inserts a row, and resolves with where the WAL ends behind it. */
async function insert({ client }: TestDatabase, id: number): Promise<string> {
  await client.query(`INSERT INTO t VALUES ($1, 'row')`, [id]);
  const { rows } = await client.query<{ lsn: string }>('SELECT pg_current_wal_flush_lsn()::text AS lsn');
  return rows[0]?.lsn ?? '';
}

/** `run` in this process, told to end once `until` holds. */
async function run(file: string, args: readonly string[], until: () => Promise<unknown>) {
  const stopping = new AbortController();
  const sink = { text: '', write: (text: string) => (sink.text += text) };
  const ended = runCli(['run', '--config', file, '--http-port', '0', ...args], {
    stdout: sink,
    stderr: sink,
    signal: stopping.signal,
    environment: {},
  });
  await Promise.race([ended, until()]);
  stopping.abort();
  return { code: await ended, said: sink.text };
}

const never = (): Promise<never> => new Promise(() => undefined);

test('where the slot cannot start it says why and what to do, and stays', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await using command = await commandFor(database, undefined, { tables: TABLES });
  const at = await position(database);
  const end = await insert(database, 1);
  const cases: readonly (readonly [args: readonly string[], code: number, says: RegExp])[] = [
    [
      ['--from-lsn', '0/1'],
      78,
      /stands at .* cannot start at 0\/1: a slot only moves forward.*\n.*replay --from/,
    ],
    [['--from-lsn', '0/1', '--accept-gap'], 78, /a slot only moves forward/],
    [['--from-lsn', 'FFFF/0', '--accept-gap'], 78, /lies behind the end of the WAL/],
    [['--from-lsn', end], 78, /would skip every change from .* to .*\n.*--accept-gap/],
    [['--from-lsn', 'here'], 64, /Expected a position such as/],
    [['--accept-gap'], 64, /goes with --from-lsn/],
  ];
  for (const [args, code, says] of cases) {
    const refused = await run(command.file, args, never);
    expect(refused.code, args.join(' ')).toBe(code);
    expect(refused.said).toMatch(says);
  }
  expect(await position(database)).toBe(at);
});

test('what is skipped is said, noted, and never comes; what follows does', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await createCoverage(database);
  await using server = await startIndex();
  const credentials = { appId: server.appId, apiKey: server.adminKey, hosts: [server.url] };
  const algolia = { ...credentials, statusIndex: 'status' };
  await using command = await commandFor(database, server, { tables: TABLES, algolia });
  const isWritten = (id: string) => async () => {
    await waitFor(() => server.record('t', id), { description: `row ${id} to be written` });
    await drained(database);
  };
  // What the slot follows is noted from its first session on.
  await insert(database, 0);
  const isNoted = async (): Promise<void> => {
    await isWritten('0')();
    const noted = async () => (await database.client.query('SELECT FROM wal2algolia.coverage')).rowCount;
    await waitFor(noted, { description: 'the coverage to be noted' });
  };
  expect(await run(command.file, [], isNoted)).toMatchObject({ code: 0 });
  const from = await position(database);
  const to = await insert(database, 1);
  await insert(database, 2);
  const skipping = await run(command.file, ['--from-lsn', to, '--accept-gap'], isWritten('2'));
  expect(skipping.code, skipping.said).toBe(0);
  expect(skipping.said).toContain(`told to start at ${to}: the gap is from ${from} to ${to}`);
  expect(server.record('t', '1')).toBeUndefined();
  const { rows } = await database.client.query('SELECT gaps FROM wal2algolia.coverage WHERE slot_name = $1', [
    database.slot,
  ]);
  expect(rows).toMatchObject([
    { gaps: [{ toLsn: to, reason: expect.stringContaining('told to start at') }] },
  ]);
  expect(parseLsn(await position(database)) >= parseLsn(to)).toBe(true);

  // Just where it stands nothing is skipped, and nothing has to be accepted.
  const stands = await position(database);
  await insert(database, 3);
  const going = await run(command.file, ['--from-lsn', stands], isWritten('3'));
  expect(going.code, going.said).toBe(0);
  expect(going.said).not.toContain('gap');
});
