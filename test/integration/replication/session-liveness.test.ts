import { lastValueFrom } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { SessionLostError } from '../../../src/errors.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { waitFor } from '../../support/wait-for.ts';
import { collect, database, open, withTimeout } from './session-case.ts';

describe('liveness', () => {
  test('stall longer than wal_sender_timeout: several of them with the socket paused keep the session', async () => {
    // Not so short that a process which gets no time for a moment loses it.
    const session = await open({ url: withTimeout('3s') });
    const seen = collect(session.messages);
    session.pause();
    await database.client.query(`INSERT INTO t SELECT g, repeat('x', 1000) FROM generate_series(1, 5000) g`);
    await waitFor(
      async () => {
        const { rows } = await database.client.query(
          `SELECT now() - backend_start > interval '10 s' AS late FROM pg_stat_activity
           WHERE backend_type = 'walsender' AND datname = current_database()`,
        );
        return rows[0]?.late;
      },
      { description: 'a stall of three timeouts' },
    );
    session.resume();
    await waitFor(() => seen.ids.length === 5_000, { description: 'all rows after the stall' });
    expect(seen.error).toBeUndefined();
  });

  test('a peer that is gone without a word is noticed', async () => {
    await using proxy = await startTcpProxy(withTimeout('3s'));
    const session = await open({ url: proxy.url });
    const seen = collect(session.messages);
    await database.client.query('INSERT INTO t VALUES (1)');
    await waitFor(() => seen.ids.length === 1, { description: 'the row' });
    proxy.become({ isFrozen: true });
    await waitFor(() => seen.error, { description: 'the session to end' });
    expect(seen.error).toBeInstanceOf(SessionLostError);
  });

  test('a peer that is gone without a word is not waited for when the session is closed', async () => {
    await using proxy = await startTcpProxy(database.url);
    // Nothing is asked for a while, so the control connection has no question whose answer could be given up.
    const session = await open({ url: proxy.url });
    proxy.become({ isFrozen: true });
    let isClosed = false;
    void session.close().then(() => {
      isClosed = true;
    });
    await waitFor(() => isClosed, { description: 'the session to be closed', timeoutMs: 30_000 });
  });

  test('a cut connection is a lost session', async () => {
    await using proxy = await startTcpProxy(database.url);
    const session = await open({ url: proxy.url });
    const ended = lastValueFrom(session.messages, { defaultValue: [] });
    proxy.cut();
    await expect(ended).rejects.toBeInstanceOf(SessionLostError);
  });
});
