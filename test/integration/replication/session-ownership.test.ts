import { lastValueFrom } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { Control } from '../../../src/database/control.ts';
import { GapError, PreconditionError, SessionLostError, SlotInUseError } from '../../../src/errors.ts';
import { recoveryOf } from '../../../src/failure-policy.ts';
import type { SessionOptions } from '../../../src/replication/session.ts';
import { released } from '../../support/line.ts';
import { waitFor } from '../../support/wait-for.ts';
import { collect, database, open, withTimeout } from './session-case.ts';

describe('ownership', () => {
  test('the fence holds while the slot is ours, and no longer once another walsender has it', async () => {
    const session = await open({ url: withTimeout('6s') });
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

  test('while the walsender is silent no older proof counts', async () => {
    await open();
    const { client, slot, publication, url } = database;
    const { rows } = await client.query<{ pid: number }>(
      'SELECT active_pid AS pid FROM pg_replication_slots WHERE slot_name = $1',
      [slot],
    );
    const publications = [publication];
    const options = { url, slot, publications, applicationName: 'test', plugin: 'pgoutput', tables: [] };
    const control = await Control.open(options, 10_000);
    try {
      await control.rememberWatched();
      // By itself it looks every five seconds.
      await control.watch(rows[0]?.pid ?? 0, 600_000, () => undefined);
      await client.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
      await released(database);
      await expect(control.fence(true)).rejects.toBeInstanceOf(SessionLostError);
    } finally {
      await control.close();
    }
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
    const session = await open({ url: withTimeout('6s') });
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
    await expect(unreachable).rejects.toSatisfy((error) => recoveryOf(error).action === 'retry');
    await expect(unreachable).rejects.not.toThrow(/secret-word/);
  });
});
