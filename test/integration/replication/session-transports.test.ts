import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { SessionLostError } from '../../../src/errors.ts';
import { openSession, type Session } from '../../../src/replication/session.ts';
import { released } from '../../support/line.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { waitFor } from '../../support/wait-for.ts';
import { digests, expectedDigests, MIXED_ROWS, SMALL_ROWS } from './row-digests.ts';
import { startTlsCluster, type TlsCluster } from './tls-cluster.ts';
import { startWireProxy } from './wire-proxy.ts';

let cluster: TlsCluster;
const cleanups: AsyncDisposable[] = [];

beforeAll(async () => {
  cluster = await startTlsCluster();
});

afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
});

beforeEach(async () => {
  await cluster.client.query('CREATE TABLE t (id int PRIMARY KEY, note text)');
  await cluster.client.query(`CREATE PUBLICATION "${cluster.publication}" FOR TABLE t`);
  await cluster.client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [cluster.slot]);
});

afterEach(async () => {
  for (const each of cleanups.splice(0).reverse()) await each[Symbol.asyncDispose]();
  await released(cluster);
  await cluster.client.query('SELECT pg_drop_replication_slot($1)', [cluster.slot]);
  await cluster.client.query(`DROP TABLE t; DROP PUBLICATION "${cluster.publication}"`);
});

const urls = {
  TCP: async () => cluster.url,
  TLS: async () => cluster.tlsUrl,
  'a Unix socket': async () => {
    const directory = await scratchDirectory();
    const proxy = await startWireProxy(cluster.url, { socketDir: directory.path });
    cleanups.push(directory, proxy);
    return proxy.url;
  },
};

async function open(url: string): Promise<Session> {
  const { slot, publication } = cluster;
  const session = await openSession({
    url,
    slot,
    publications: [publication],
    plugin: 'pgoutput',
    tables: ['public.t'],
    own: undefined,
  });
  cleanups.push({ [Symbol.asyncDispose]: () => session.close() });
  return session;
}

const encrypted = async (): Promise<boolean> => {
  const { rows } = await cluster.client.query(
    'SELECT ssl FROM pg_stat_ssl JOIN pg_replication_slots ON active_pid = pid WHERE slot_name = $1',
    [cluster.slot],
  );
  return rows[0].ssl;
};

test.each(['TCP', 'TLS', 'a Unix socket'] as const)(
  'over %s rows of 0 bytes to 5 MB arrive whole, the walsender that is ended says so, and the next session has all again',
  async (kind) => {
    const { client, slot } = cluster;
    const url = await urls[kind]();
    const session = await open(url);
    expect(await encrypted()).toBe(kind === 'TLS');
    const seen = digests(session.messages);
    for (const rows of [SMALL_ROWS, MIXED_ROWS, SMALL_ROWS]) await client.query(rows);
    const expected = await expectedDigests(client);
    expect(Math.max(...expected.map(([, bytes]) => bytes))).toBe(5_000_000);
    await waitFor(() => seen.rows.length >= expected.length || seen.error, { description: 'all rows' });
    expect(seen).toEqual({ rows: expected, error: undefined });

    await client.query(
      'SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1',
      [slot],
    );
    await waitFor(() => seen.error, { description: 'the session to end' });
    expect(seen.error).toBeInstanceOf(SessionLostError);
    expect((seen.error as SessionLostError).cause).toMatchObject({ code: '57P01', severity: 'FATAL' });
    await session.close();
    await released(cluster);

    const again = digests((await open(url)).messages);
    await client.query(MIXED_ROWS);
    const all = await expectedDigests(client);
    await waitFor(() => again.rows.length >= all.length || again.error, { description: 'all rows again' });
    expect(again).toEqual({ rows: all, error: undefined });
  },
);

test('a server that is killed while a row is half sent: what came is whole, and the rest comes from the one after it', async () => {
  const { client, slot } = cluster;
  const session = await open(cluster.url);
  const seen = digests(session.messages);
  await client.query(SMALL_ROWS);
  await waitFor(() => seen.rows.length === 3_000, { description: 'the small rows' });
  session.pause();
  await client.query(MIXED_ROWS);
  // More than the sockets hold: the walsender waits in the middle of it.
  await waitFor(
    async () => {
      const { rows } = await client.query(
        `SELECT 1 FROM pg_stat_activity JOIN pg_replication_slots ON active_pid = pid WHERE slot_name = $1 AND wait_event = 'WalSenderWriteData'`,
        [slot],
      );
      return rows.length;
    },
    { description: 'the walsender to wait for us' },
  );
  const expected = await expectedDigests(client);
  await cluster.end('SIGQUIT');
  session.resume();
  await waitFor(() => seen.error, { description: 'the session to end' });
  expect(seen.error).toBeInstanceOf(SessionLostError);
  expect(seen.rows.length).toBeLessThan(expected.length);
  expect(seen.rows).toEqual(expected.slice(0, seen.rows.length));
  await session.close();
  await cluster.start();

  const again = digests((await open(cluster.url)).messages);
  await waitFor(() => again.rows.length >= expected.length || again.error, { description: 'all rows' });
  expect(again).toEqual({ rows: expected, error: undefined });
});
