import { expect, test } from 'vitest';
import { DeadLettersUnwritableError, SessionLostError } from '../../../src/errors.ts';
import { recoveryOf } from '../../../src/failure-policy.ts';
import { createDeadLetterTable } from '../../support/dead-letter-table.ts';
import { connect, createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { letter, openLetters, rows, setAside } from './letter-case.ts';

const SECRET = 'the-secret-of-a-row';

/** What a letter meets; with the message of it and of all its causes. */
async function failure(work: Promise<unknown>): Promise<Error & { remedy?: string }> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown as Error,
  );
  if (error === undefined) throw new Error('it did not fail');
  for (let each: unknown = error; each instanceof Error; each = each.cause)
    expect(each.message).not.toContain(SECRET);
  return error;
}

test('without the table nothing has letters, and a letter is told what makes the table', async () => {
  await using database = await createDatabase();
  await using letters = await openLetters(database);
  expect(letters.isEmpty).toBe(true);
  expect(letters.obstacle?.remedy).toMatch(/wal2algolia setup.*CREATE SCHEMA/);
  await letters.apply({ settled: [{ index: 't', objectID: '1' }], emptied: ['public.t'], setAside: [] });
  const error = await failure(letters.apply(setAside(letter({ objectID: SECRET }))));
  expect(error).toBeInstanceOf(DeadLettersUnwritableError);
  expect(error.remedy).toContain('wal2algolia setup');
  expect(recoveryOf(error).action).toBe('wait');
  await createDeadLetterTable(database);
  await letters.apply(setAside(letter()));
  expect(letters).toMatchObject({ count: 1, obstacle: undefined });
});

const LACKING: Readonly<Record<string, { sql: (role: string) => string; reads: boolean }>> = {
  'the schema': { sql: (role) => `REVOKE USAGE ON SCHEMA wal2algolia FROM ${role}`, reads: false },
  SELECT: { sql: (role) => `REVOKE SELECT ON wal2algolia.dead_letter FROM ${role}`, reads: false },
  INSERT: { sql: (role) => `REVOKE INSERT ON wal2algolia.dead_letter FROM ${role}`, reads: true },
  UPDATE: { sql: (role) => `REVOKE UPDATE ON wal2algolia.dead_letter FROM ${role}`, reads: true },
};

test.each(Object.entries(LACKING))('without the right to it: %s', async (_what, { sql, reads }) => {
  await using database = await createDatabase();
  const { client, name } = database;
  await createDeadLetterTable(database);
  await using owned = await openLetters(database);
  await owned.apply(setAside(letter()));
  const role = `letters_${name}`;
  await client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'writes'; GRANT USAGE ON SCHEMA wal2algolia TO ${role};
    GRANT SELECT, INSERT, UPDATE, DELETE ON wal2algolia.dead_letter TO ${role}`);
  try {
    const own = new URL(database.url);
    own.username = role;
    own.password = 'writes';
    await using allowed = await openLetters({ url: own.href, slot: database.slot });
    await allowed.apply(setAside(letter()));
    expect(allowed.obstacle).toBeUndefined();
    await client.query(sql(role));
    await using letters = await openLetters({ url: own.href, slot: database.slot });
    expect(letters.obstacle?.remedy).toMatch(/ GRANT /);
    expect(letters.count).toBe(reads ? 1 : 0);
    const error = await failure(letters.apply(setAside(letter({ record: SECRET }))));
    expect(error).toBeInstanceOf(DeadLettersUnwritableError);
    expect(error.remedy).toMatch(/grants the role/);
    await client.query(/GRANT .*?(?=\.$)/.exec(letters.obstacle?.remedy ?? '')?.[0] ?? '');
    await letters.apply(setAside(letter()));
    expect(await rows(database)).toMatchObject([{ attempts: 3 }]);
  } finally {
    await client.query(`DROP OWNED BY ${role}`);
    await client.query(`DROP ROLE ${role}`);
  }
});

test('a constraint that somebody has added says no: neither message nor causes hold the row', async () => {
  await using database = await createDatabase();
  await createDeadLetterTable(database);
  await database.client.query(
    `ALTER TABLE wal2algolia.dead_letter ADD CHECK (record NOT LIKE '%secret%'), ADD CHECK (object_id::text NOT LIKE '%secret%')`,
  );
  await using letters = await openLetters(database);
  const error = await failure(letters.apply(setAside(letter({ objectID: SECRET, record: SECRET }))));
  expect(error).toMatchObject({ code: 'DEAD_LETTERS_UNWRITABLE', message: expect.stringContaining('23514') });
  expect(await rows(database)).toEqual([]);
});

async function backend({ client }: TestDatabase): Promise<number | undefined> {
  const { rows: found } = await client.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE application_name = 'wal2algolia dead letters' AND datname = current_database()`,
  );
  return found[0]?.pid;
}

test('a connection that is killed in the middle: all or nothing, and the next call has a new one', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createDeadLetterTable(database);
  await using letters = await openLetters(database);
  await letters.apply(setAside(letter({ objectID: 'before' })));
  const holder = await connect(database.url);
  try {
    await holder.query(`BEGIN; UPDATE wal2algolia.dead_letter SET message = message`);
    const pending = failure(
      letters.apply({
        settled: [],
        emptied: [],
        setAside: [letter({ objectID: 'new' }), letter({ objectID: 'before' })],
      }),
    );
    await waitFor(
      async () => {
        const { rows: waiting } = await client.query(
          `SELECT FROM pg_stat_activity WHERE application_name = 'wal2algolia dead letters' AND wait_event_type = 'Lock' AND datname = current_database()`,
        );
        return waiting.length === 1;
      },
      { description: 'the letters to wait for the lock' },
    );
    await client.query('SELECT pg_terminate_backend($1)', [await backend(database)]);
    const error = await pending;
    expect(error).toBeInstanceOf(SessionLostError);
    expect(letters.isEmpty).toBe(false);
    // Whether it was committed is not known before the next one.
    expect(letters.mayHold('t', 'new')).toBe(true);
  } finally {
    await holder.query('ROLLBACK');
    await holder.end();
  }
  expect((await rows(database)).map(({ object_id }) => object_id)).toEqual(['before']);
  await letters.apply(setAside(letter({ objectID: 'new' })));
  expect(letters.count).toBe(2);
  expect(letters.mayHold('t', 'other')).toBe(false);
});

test('a lock that nobody releases ends the wait, not the pipeline', async () => {
  await using database = await createDatabase();
  await createDeadLetterTable(database);
  await using letters = await openLetters(database, { changeTimeoutMs: 4_000 });
  await using patient = await openLetters(database);
  const holder = await connect(database.url);
  try {
    // Not the strongest lock: that one takes an xid, and for five seconds every new slot of this server would wait for it.
    await holder.query('BEGIN; LOCK TABLE wal2algolia.dead_letter IN EXCLUSIVE MODE');
    const [hasty, refused] = await Promise.all([
      failure(letters.apply(setAside(letter()))),
      failure(patient.apply(setAside(letter()))),
    ]);
    expect(hasty).toMatchObject({ code: 'SESSION_LOST', message: expect.stringMatching(/4000 ms/) });
    expect(refused).toMatchObject({ code: 'SESSION_LOST', message: expect.stringMatching(/lock timeout/) });
  } finally {
    await holder.query('ROLLBACK');
    await holder.end();
  }
  await letters.apply(setAside(letter()));
  expect(letters.count).toBe(1);
});
