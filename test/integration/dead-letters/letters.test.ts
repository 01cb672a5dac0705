import { expect, test } from 'vitest';
import type { DeadLetter } from '../../../src/dead-letters/dead-letter.ts';
import { createDeadLetterTable } from '../../support/dead-letter-table.ts';
import { createDatabase } from '../../support/postgres.ts';
import { letter, openLetters, rows, setAside } from './letter-case.ts';

test('a letter says what was set aside and why; one that fails again is the same letter, with the news of it', async () => {
  await using database = await createDatabase();
  await createDeadLetterTable(database);
  await using letters = await openLetters(database);
  expect(letters).toMatchObject({ isEmpty: true, count: 0, obstacle: undefined });
  await letters.apply(setAside(letter()));
  const [first] = await rows(database);
  expect(first).toMatchObject({
    slot_name: database.slot,
    table_name: 'public.t',
    index_name: 't',
    object_id: '1',
    action: 'update',
    lsn: 'A/B',
    place: null,
    reason: 'refused',
    message: 'Record is too big',
    http_status: 400,
    attempts: 1,
    record: '{"objectID":"1","v":"a"}',
  });
  expect(first?.['first_failed_at']).toEqual(first?.['last_failed_at']);
  const { rows: facts } = await database.client.query(
    `SELECT committed_at = '2026-01-02 03:04:05.678901+00' AS exact, record::jsonb ->> 'v' AS v FROM wal2algolia.dead_letter`,
  );
  expect(facts).toEqual([{ exact: true, v: 'a' }]);

  // Somebody asked for it: no commit brought it.
  const again = { lsn: undefined, committedAt: undefined, record: undefined };
  await letters.apply(
    setAside(letter({ ...again, reason: 'too-large', message: 'of 20,000 bytes', httpStatus: undefined })),
  );
  const [second, ...more] = await rows(database);
  expect(more).toEqual([]);
  expect(second).toEqual({
    ...first,
    attempts: 2,
    reason: 'too-large',
    message: 'of 20,000 bytes',
    http_status: null,
    record: null,
    last_failed_at: expect.any(Date),
  });
  // Both may be in one millisecond, which is all that a Date tells.
  const { rows: times } = await database.client.query(
    'SELECT last_failed_at > first_failed_at AS later FROM wal2algolia.dead_letter',
  );
  expect(times).toEqual([{ later: true }]);
  expect(letters.count).toBe(1);
});

test('twice in one batch is one letter, and the later one stands', async () => {
  await using database = await createDatabase();
  await createDeadLetterTable(database);
  await using letters = await openLetters(database);
  await letters.apply(
    setAside(letter({ message: 'earlier' }), letter({ objectID: '2' }), letter({ message: 'later' })),
  );
  expect((await rows(database)).map(({ object_id, message }) => [object_id, message])).toEqual([
    ['1', 'later'],
    ['2', 'Record is too big'],
  ]);
});

test('rows without an objectID are told apart by where they stand', async () => {
  await using database = await createDatabase();
  await createDeadLetterTable(database);
  await using letters = await openLetters(database);
  const keyless = (place: number, more: Partial<DeadLetter> = {}) =>
    letter({ objectID: undefined, reason: 'no-object-id', place, ...more });
  await letters.apply(setAside(keyless(1), keyless(2), keyless(1, { table: 'public.u' })));
  await letters.apply(setAside(keyless(1)));
  expect(
    (await rows(database)).map(({ table_name, place, attempts }) => [table_name, place, attempts]),
  ).toEqual([
    ['public.t', 1, 2],
    ['public.t', 2, 1],
    ['public.u', 1, 1],
  ]);
  await letters.apply({ settled: [], emptied: ['public.t'], setAside: [] });
  expect((await rows(database)).map(({ table_name }) => table_name)).toEqual(['public.u']);
  expect(letters.mayHoldTable('public.t')).toBe(false);
  expect(letters.mayHoldTable('public.u')).toBe(true);
});

test('what is settled goes, what a table has lost goes, and what comes in the same batch comes after both', async () => {
  await using database = await createDatabase();
  await createDeadLetterTable(database);
  await using letters = await openLetters(database);
  const other = { table: 'public.u', index: 'u' };
  await letters.apply(
    setAside(letter(), letter({ objectID: '2' }), letter({ ...other }), letter({ ...other, objectID: '2' })),
  );
  expect(letters.mayHold('t', '1')).toBe(true);
  expect(letters.mayHold('t', '3')).toBe(false);
  await letters.apply({
    settled: [
      { index: 't', objectID: '1' },
      { index: 't', objectID: 'never failed' },
    ],
    emptied: ['public.u', 'public.never_failed'],
    setAside: [letter({ ...other, objectID: '3' })],
  });
  const left = await rows(database);
  expect(left.map(({ table_name, object_id }) => [table_name, object_id])).toEqual([
    ['public.t', '2'],
    ['public.u', '3'],
  ]);
  expect(letters.mayHold('t', '1')).toBe(false);
  expect(letters.count).toBe(2);
  await letters.apply({
    settled: [{ index: 't', objectID: '2' }],
    emptied: ['public.u'],
    setAside: [],
  });
  expect(letters.isEmpty).toBe(true);
});

test('two slots share the table, and neither touches what is of the other', async () => {
  await using database = await createDatabase();
  await createDeadLetterTable(database);
  await using one = await openLetters(database);
  await using two = await openLetters({ url: database.url, slot: `${database.slot}_too` });
  await one.apply(setAside(letter()));
  await two.apply(setAside(letter(), letter({ objectID: undefined, place: 1 })));
  expect([one.count, two.count]).toEqual([1, 2]);
  await one.apply({ settled: [{ index: 't', objectID: '1' }], emptied: [], setAside: [letter()] });
  await one.apply({ settled: [], emptied: ['public.t'], setAside: [] });
  expect((await rows(database)).map(({ slot_name }) => slot_name)).toEqual([
    `${database.slot}_too`,
    `${database.slot}_too`,
  ]);
});

test('the next session knows them; beyond the bound every record may have one, and the table still decides', async () => {
  await using database = await createDatabase();
  await createDeadLetterTable(database);
  await using letters = await openLetters(database, { keysMax: 3 });
  const three = ['1', '2', '3'].map((objectID) => letter({ objectID }));
  await letters.apply(setAside(...three));
  expect(letters.mayHold('t', 'x')).toBe(false);
  await using next = await openLetters(database, { keysMax: 3 });
  expect(['1', '3', 'x'].map((objectID) => next.mayHold('t', objectID))).toEqual([true, true, false]);
  await next.apply(setAside(letter({ objectID: '4' })));
  expect(next.mayHold('t', 'x')).toBe(true);
  await using beyond = await openLetters(database, { keysMax: 3 });
  expect(beyond.mayHold('t', 'x')).toBe(true);
  const settled = ['1', '2', 'x', '4'].map((objectID) => ({ index: 't', objectID }));
  await beyond.apply({ settled, emptied: [], setAside: [] });
  expect((await rows(database)).map(({ object_id }) => object_id)).toEqual(['3']);
  expect(beyond.count).toBe(1);
});

test('calls at the same time take turns, and one that fails takes none of the others with it', async () => {
  await using database = await createDatabase();
  await createDeadLetterTable(database);
  await database.client.query(`ALTER TABLE wal2algolia.dead_letter ADD CHECK (object_id <> 'bad')`);
  await using letters = await openLetters(database);
  const ids = ['1', '2', 'bad', '1', '2', 'bad', '1'];
  const done = await Promise.allSettled(ids.map((objectID) => letters.apply(setAside(letter({ objectID })))));
  expect(done.map(({ status }) => status === 'rejected')).toEqual(ids.map((id) => id === 'bad'));
  expect((await rows(database)).map(({ object_id, attempts }) => [object_id, attempts])).toEqual([
    ['1', 3],
    ['2', 2],
  ]);
  expect(letters.count).toBe(2);
});

test('thousands at once, of which each has more than a statement shall carry', async () => {
  await using database = await createDatabase();
  await createDeadLetterTable(database);
  await using letters = await openLetters(database);
  const many = Array.from({ length: 5_000 }, (_, at) =>
    letter({ objectID: String(at), record: `{"v":"${'x'.repeat(5_000)}"}` }),
  );
  await letters.apply(setAside(...many));
  expect(letters.count).toBe(5_000);
  await letters.apply({
    settled: many.map(({ index, objectID = '' }) => ({ index, objectID })),
    emptied: [],
    setAside: [],
  });
  expect(letters.isEmpty).toBe(true);
});
