import { expect, test } from 'vitest';
import { lineConfig, released, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { letter } from '../dead-letters/letter-case.ts';
import { commandFor, createSlot, TABLES, withLetters } from './dead-letter-case.ts';

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
  expect(told.settled).toEqual([{ id, table: 'public.t', objectID: '1' }]);
  expect(told.remaining).toHaveLength(3);
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
  // Of a pipeline of its own it would say more than that it waits.
  expect(retried.stderr.replaceAll(/^waiting: .*\n/gm, '')).toBe('');
  expect(retried.stdout).toBe(`settled: 1\n  ${id}  public.t 1\n`);
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
