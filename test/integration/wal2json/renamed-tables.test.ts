import { lastValueFrom } from 'rxjs';
import { expect, test } from 'vitest';
import { GapError } from '../../../src/errors.ts';
import { parseLsn } from '../../../src/lsn.ts';
import type { Session } from '../../../src/replication/session.ts';
import { released } from '../../support/line.ts';
import { waitFor } from '../../support/wait-for.ts';
import { createSlot, database, open, sql, withOptions } from './wal2json-case.ts';

/** The control connection looks once in a second or two; a machine that is slow does not end the session. */
const hurried = () => withOptions('-c wal_sender_timeout=8s');

async function openOnTable(): Promise<Session> {
  await sql('CREATE TABLE t (id int PRIMARY KEY, note text)');
  await createSlot();
  return open({ url: hurried() });
}

const endOf = (session: Session): Promise<unknown> => lastValueFrom(session.messages, { defaultValue: [] });

/** Waits for a whole look of the control connection at the tables, or for what makes it needless. */
async function lookedAgain(needless: () => boolean = () => false): Promise<void> {
  const { rows } = await sql('SELECT clock_timestamp() AS at');
  await waitFor(
    async () => {
      const { rows: looks } = await database.client.query<{ done: boolean }>(
        `SELECT query_start > $1::timestamptz AND state = 'idle' AS done FROM pg_stat_activity
         WHERE application_name = 'wal2algolia control' AND datname = current_database()`,
        [rows[0].at],
      );
      return needless() || looks[0]?.done;
    },
    { description: 'another look at the tables' },
  );
}

test.each([
  ['renamed', 'ALTER TABLE t RENAME TO u'],
  ['renamed, and back again', 'ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME TO t'],
  ['moved to another schema', 'CREATE SCHEMA attic; ALTER TABLE t SET SCHEMA attic'],
  ['in a schema that was renamed', 'ALTER SCHEMA public RENAME TO attic'],
  ['dropped, and made anew', 'DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY, note text)'],
  ['without its key', 'ALTER TABLE t DROP CONSTRAINT t_pkey'],
  ['without replica identity', 'ALTER TABLE t REPLICA IDENTITY NOTHING'],
])('a table %s while streaming is a gap', async (_what, alteration) => {
  const session = await openOnTable();
  const ended = endOf(session);
  await sql(alteration);
  await expect(ended).rejects.toBeInstanceOf(GapError);
  await expect(ended).rejects.toThrow(/renamed.* between [0-9A-F/]+ and [0-9A-F/]+/);
});

test('the gap begins where the slot stands: what was not confirmed would come again under the old name', async () => {
  const session = await openOnTable();
  const ended = endOf(session);
  const { rows } = await sql('SELECT pg_current_wal_insert_lsn()::text AS lsn');
  await sql('INSERT INTO t VALUES (1)');
  await lookedAgain();
  await sql('ALTER TABLE t RENAME TO u');
  const error = (await ended.catch((reason: unknown) => reason)) as Error;
  const from = parseLsn(/between ([0-9A-F/]+) and/.exec(error.message)?.[1] ?? '');
  expect(from).toBeLessThanOrEqual(parseLsn(rows[0].lsn));
});

test.each([
  ['renamed', 'ALTER TABLE t RENAME TO u'],
  ['renamed, and back again', 'ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME TO t'],
  ['dropped', 'DROP TABLE t'],
])('a table %s between two sessions of a process is a gap', async (_what, alteration) => {
  const session = await openOnTable();
  await session.close();
  await released(database);
  await sql(alteration);
  await expect(open({ own: session.position() })).rejects.toBeInstanceOf(GapError);
});

test('what happens to a table otherwise is none', async () => {
  const session = await openOnTable();
  let error: unknown;
  session.messages.subscribe({
    error: (reason: unknown) => {
      error = reason;
    },
  });
  await sql('ALTER TABLE t ADD extra int; ALTER TABLE t DROP note; TRUNCATE t; CREATE INDEX ON t (extra)');
  await sql('ALTER TABLE t REPLICA IDENTITY FULL; CREATE TABLE u (id int); ALTER TABLE u RENAME TO v');
  await sql('VACUUM FULL t');
  await sql('ANALYZE t');
  await sql('GRANT SELECT ON t TO PUBLIC; GRANT USAGE ON SCHEMA public TO PUBLIC');
  await lookedAgain(() => error !== undefined);
  expect(error).toBeUndefined();
  await session.fence();
  await session.close();
  await released(database);
  await open({ own: session.position() });
});
