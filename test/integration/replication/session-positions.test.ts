import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../../src/errors.ts';
import { type Lsn, parseLsn } from '../../../src/lsn.ts';
import { released } from '../../support/line.ts';
import { waitFor } from '../../support/wait-for.ts';
import { abuttingCommits } from './abutting-commits.ts';
import { collect, database, open, reopened, withTimeout } from './session-case.ts';

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

  test('timer acks: nothing is confirmed by receiving, by the status timer or by closing', async () => {
    const session = await open({ url: withTimeout('3s') });
    const seen = collect(session.messages);
    await database.client.query('INSERT INTO t VALUES (1)');
    await waitFor(() => seen.ids.length === 1, { description: 'the row' });
    // Several status intervals of a second.
    await waitFor(
      async () => {
        const { rows } = await database.client.query(
          `SELECT now() - backend_start > interval '4 s' AS late FROM pg_stat_activity
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
    await released(database);
    const { rows } = await database.client.query(
      'SELECT confirmed_flush_lsn::text AS lsn FROM pg_replication_slots WHERE slot_name = $1',
      [database.slot],
    );
    expect(parseLsn(rows[0].lsn)).toBe(seen.ends[0]);
  });

  test('ack beyond the WAL end: a position beyond what was received is refused, since the server would skip what lies between', async () => {
    const session = await open();
    collect(session.messages);
    expect(() => session.confirm(parseLsn('FF/0'))).toThrow(ProtocolError);
  });

  test('resubscribe on a used session: it gives its end and no row, and the next one begins again', async () => {
    const session = await open();
    const seen = collect(session.messages);
    await database.client.query('INSERT INTO t VALUES (1), (2), (3)');
    await waitFor(() => seen.ids.length === 3, { description: 'the rows' });
    await database.client.query(
      `SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '${database.slot}'`,
    );
    await waitFor(() => seen.error, { description: 'the session to end' });
    const used = collect(session.messages);
    expect(used).toMatchObject({ ids: [], error: seen.error });
    const again = collect((await reopened(session)).messages);
    await waitFor(() => again.ids.length === 3, { description: 'the rows again' });
    expect(again.ids).toEqual([1, 2, 3]);
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
