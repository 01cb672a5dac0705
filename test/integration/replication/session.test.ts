import { lastValueFrom, type Observable } from 'rxjs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  GapError,
  PreconditionError,
  ProtocolError,
  SessionLostError,
  SlotInUseError,
} from '../../../src/errors.ts';
import { type Lsn, parseLsn } from '../../../src/lsn.ts';
import type { WalMessage } from '../../../src/replication/messages.ts';
import { openSession, type Session, type SessionOptions } from '../../../src/replication/session.ts';
import { released } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { waitFor } from '../../support/wait-for.ts';
import { abuttingCommits } from './abutting-commits.ts';

let database: TestDatabase;
const sessions: Session[] = [];

beforeEach(async () => {
  database = await createDatabase();
  await database.client.query('CREATE TABLE t (id int PRIMARY KEY, note text)');
  await database.client.query(`CREATE PUBLICATION "${database.publication}" FOR TABLE t`);
  await database.client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [database.slot]);
});

afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
  await database[Symbol.asyncDispose]();
});

async function open(more: Partial<SessionOptions> = {}): Promise<Session> {
  const session = await openSession({
    url: database.url,
    slot: database.slot,
    publications: [database.publication],
    plugin: 'pgoutput',
    tables: ['public.t'],
    own: undefined,
    ...more,
  });
  sessions.push(session);
  return session;
}

const withTimeout = (timeout: string): string =>
  `${database.url}?options=${encodeURIComponent(`-c wal_sender_timeout=${timeout}`)}`;

type Seen = { readonly ids: number[]; readonly ends: Lsn[]; error: unknown };

function collect(messages: Observable<readonly WalMessage[]>): Seen {
  const seen: Seen = { ids: [], ends: [], error: undefined };
  const at = new Int32Array(8);
  messages.subscribe({
    next: (run) => {
      for (const message of run) {
        if (message.tag === 'commit') seen.ends.push(message.endLsn);
        if (message.tag !== 'insert') continue;
        message.new.locate(at);
        seen.ids.push(Number(message.new.bytes.toString('utf8', at[0], at[1])));
      }
    },
    error: (error: unknown) => {
      seen.error = error;
    },
  });
  return seen;
}

async function reopened(session: Session): Promise<Session> {
  await session.close();
  await released(database);
  return open();
}

describe('positions', () => {
  test('abutting commits: with the first one confirmed, the second is sent again', async () => {
    const commits = await abuttingCommits(database);
    const session = await open();
    const seen = collect(session.messages);
    await waitFor(() => seen.ids.includes(commits.second.id), { description: 'both commits' });
    session.confirm(parseLsn(commits.first.endLsn));
    const again = collect((await reopened(session)).messages);
    await waitFor(() => again.ids.length > 0, { description: 'the second commit' });
    expect(again.ids).toEqual([commits.second.id]);
  });

  test('nothing is confirmed by receiving, by the status timer or by closing', async () => {
    const session = await open({ url: withTimeout('1s') });
    const seen = collect(session.messages);
    await database.client.query('INSERT INTO t VALUES (1)');
    await waitFor(() => seen.ids.length === 1, { description: 'the row' });
    // Several status intervals of a third of a second.
    await waitFor(
      async () => {
        const { rows } = await database.client.query(
          `SELECT now() - backend_start > interval '2 s' AS late FROM pg_stat_activity
           WHERE backend_type = 'walsender' AND datname = current_database()`,
        );
        return rows[0]?.late;
      },
      { description: 'several status updates' },
    );
    expect(seen.error).toBeUndefined();
    const again = collect((await reopened(session)).messages);
    await waitFor(() => again.ids.length > 0, { description: 'the row again' });
    expect(again.ids).toEqual([1]);
  });

  test('a confirmed transaction does not come again, and its status says exactly the end LSN', async () => {
    const session = await open();
    const seen = collect(session.messages);
    await database.client.query('INSERT INTO t VALUES (1)');
    await waitFor(() => seen.ends.length === 1, { description: 'the commit' });
    session.confirm(seen.ends[0] as Lsn);
    await session.close();
    const { rows } = await database.client.query(
      'SELECT confirmed_flush_lsn::text AS lsn FROM pg_replication_slots WHERE slot_name = $1',
      [database.slot],
    );
    expect(parseLsn(rows[0].lsn)).toBe(seen.ends[0]);
  });

  test('a position beyond what was received is refused: the server would skip what lies between', async () => {
    const session = await open();
    collect(session.messages);
    expect(() => session.confirm(parseLsn('FF/0'))).toThrow(ProtocolError);
  });

  test('nothing that comes before the first subscriber is lost', async () => {
    await database.client.query('INSERT INTO t SELECT g FROM generate_series(1, 1000) g');
    const session = await open();
    await database.client.query('INSERT INTO t VALUES (1001)');
    const seen = collect(session.messages);
    await waitFor(() => seen.ids.length === 1_001, { description: 'all rows' });
    expect(seen.ids).toEqual(Array.from({ length: 1_001 }, (_, i) => i + 1));
  });
});

describe('liveness', () => {
  test('a stall of several walsender timeouts with the socket paused keeps the session', async () => {
    const session = await open({ url: withTimeout('1s') });
    const seen = collect(session.messages);
    session.pause();
    await database.client.query(`INSERT INTO t SELECT g, repeat('x', 1000) FROM generate_series(1, 5000) g`);
    await waitFor(
      async () => {
        const { rows } = await database.client.query(
          `SELECT now() - backend_start > interval '4 s' AS late FROM pg_stat_activity
           WHERE backend_type = 'walsender' AND datname = current_database()`,
        );
        return rows[0]?.late;
      },
      { description: 'a stall of four timeouts' },
    );
    session.resume();
    await waitFor(() => seen.ids.length === 5_000, { description: 'all rows after the stall' });
    expect(seen.error).toBeUndefined();
  });

  test('a peer that is gone without a word is noticed', async () => {
    await using proxy = await startTcpProxy(Number(new URL(database.url).port));
    const behind = new URL(withTimeout('1s'));
    behind.port = String(proxy.port);
    const session = await open({ url: behind.href });
    const seen = collect(session.messages);
    await database.client.query('INSERT INTO t VALUES (1)');
    await waitFor(() => seen.ids.length === 1, { description: 'the row' });
    proxy.freeze();
    await waitFor(() => seen.error, { description: 'the session to end' });
    expect(seen.error).toBeInstanceOf(SessionLostError);
  });

  test('a cut connection is a lost session', async () => {
    await using proxy = await startTcpProxy(Number(new URL(database.url).port));
    const behind = new URL(database.url);
    behind.port = String(proxy.port);
    const session = await open({ url: behind.href });
    const ended = lastValueFrom(session.messages, { defaultValue: [] });
    proxy.cut();
    await expect(ended).rejects.toBeInstanceOf(SessionLostError);
  });
});

describe('ownership', () => {
  test('the fence holds while the slot is ours, and no longer once another walsender has it', async () => {
    const session = await open({ url: withTimeout('2s') });
    const seen = collect(session.messages);
    await session.fence();
    await database.client.query(
      `SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1`,
      [database.slot],
    );
    await waitFor(() => seen.error, { description: 'the session to end' });
    await released(database);
    await open();
    const refusal = await waitFor(
      () =>
        session.fence().then(
          () => undefined,
          (error: unknown) => error,
        ),
      { description: 'the fence to close' },
    );
    expect(refusal).toBeInstanceOf(SessionLostError);
  });

  test('a slot that another process reads is SlotInUseError, and leaves nothing open', async () => {
    await open();
    await expect(open()).rejects.toBeInstanceOf(SlotInUseError);
    await waitFor(
      async () => {
        const { rows } = await database.client.query(
          `SELECT count(*)::int AS open FROM pg_stat_activity
           WHERE datname = current_database() AND application_name LIKE 'wal2algolia%'`,
        );
        return rows[0].open === 2;
      },
      { description: 'only the two connections of the first session' },
    );
  });

  test('a publication that was dropped and made again is a gap, although its name is back', async () => {
    const session = await open({ url: withTimeout('2s') });
    const ended = lastValueFrom(session.messages, { defaultValue: [] });
    await database.client.query(`DROP PUBLICATION "${database.publication}"`);
    await database.client.query(`CREATE PUBLICATION "${database.publication}" FOR TABLE t`);
    await expect(ended).rejects.toBeInstanceOf(GapError);
  });
});

describe('preconditions', () => {
  test.each<[string, () => Promise<unknown>, Partial<SessionOptions>, unknown, RegExp]>([
    ['a missing slot', async () => undefined, { slot: 'nowhere' }, GapError, /"nowhere" does not exist/],
    [
      'a missing publication',
      async () => undefined,
      { publications: ['nope'] },
      PreconditionError,
      /publication "nope"/,
    ],
    [
      'an unpublished table',
      async () => undefined,
      { tables: ['public.t', 'public.u'] },
      PreconditionError,
      /public\.u/,
    ],
    [
      'a published table that is not configured',
      async () => {
        await database.client.query('CREATE TABLE u (id int PRIMARY KEY)');
        await database.client.query(`ALTER PUBLICATION "${database.publication}" ADD TABLE u`);
      },
      {},
      PreconditionError,
      /also holds public\.u/,
    ],
    [
      'a slot of another plugin',
      () =>
        database.client.query(`SELECT pg_create_logical_replication_slot($1, 'test_decoding')`, [
          `${database.slot}_x`,
        ]),
      {},
      PreconditionError,
      /test_decoding/,
    ],
  ])('%s is one clear error', async (_name, prepare, options, kind, message) => {
    await prepare();
    const slot = String(message).includes('test_decoding') ? { slot: `${database.slot}_x` } : {};
    const opening = open({ ...slot, ...options });
    await expect(opening).rejects.toBeInstanceOf(kind);
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.toMatchObject({ remedy: expect.stringMatching(/\w{3}/) });
  });

  test('a wrong password and an unreachable server are told apart', async () => {
    const unreachable = open({ url: 'postgres://nobody:secret-word@127.0.0.1:1/none' });
    await expect(unreachable).rejects.toMatchObject({ recovery: 'retry' });
    await expect(unreachable).rejects.not.toThrow(/secret-word/);
  });
});
