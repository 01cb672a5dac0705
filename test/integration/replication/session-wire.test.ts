import { expect, test } from 'vitest';
import { ProtocolError, SessionLostError } from '../../../src/errors.ts';
import { parseLsn } from '../../../src/lsn.ts';
import { waitFor } from '../../support/wait-for.ts';
import { digests, expectedDigests, MIXED_ROWS, SMALL_ROWS } from './row-digests.ts';
import { collect, database, open, reopened } from './session-case.ts';
import { type Passed, startWireProxy } from './wire-proxy.ts';

/** What the server says between rows, or how far it comes with one: put into what a real one sends. */

const ROW = 0x49; // I

function message(kind: string, body: Buffer | string): Buffer {
  const content = Buffer.from(body);
  const head = Buffer.alloc(5);
  head.write(kind);
  head.writeUInt32BE(4 + content.length, 1);
  return Buffer.concat([head, content]);
}

/** https://www.postgresql.org/docs/current/protocol-replication.html#PROTOCOL-REPLICATION-PRIMARY-KEEPALIVE-MESSAGE */
const keepalive = message('d', Buffer.concat([Buffer.from('k'), Buffer.alloc(17)]));
const notice = message('N', 'SNOTICE\0VNOTICE\0C00000\0Mby the way\0\0');
const parameter = message('S', 'TimeZone\0Europe/Berlin\0');
const notification = message('A', '\0\0\0\x01channel\0payload\0');
const emptyCopyData = message('d', '');

const isRow = (bytes: Buffer): boolean =>
  bytes.length > 30 && bytes[0] === 0x64 && bytes[5] === 0x77 && bytes[30] === ROW;

/** Passes all as it is, but the row that is the `count`th. */
function atRow(count: number, change: (row: Buffer) => Passed): (bytes: Buffer) => Passed {
  let rows = 0;
  return (bytes) => {
    if (isRow(bytes)) rows += 1;
    return isRow(bytes) && rows === count ? change(bytes) : { bytes };
  };
}

test('notices, parameters, notifications and keepalives between rows, and what is empty, change no row and no position', async () => {
  const { client } = database;
  const between = [notice, keepalive, parameter, emptyCopyData, notification, keepalive, keepalive, notice];
  let rows = 0;
  const pass = (bytes: Buffer): Passed => {
    if (!isRow(bytes)) return { bytes };
    rows += 1;
    const some = between.slice(0, 1 + (rows % between.length));
    return { bytes: Buffer.concat([...some, bytes, between[rows % between.length] as Buffer]) };
  };
  await using proxy = await startWireProxy(database.url, { pass });
  const session = await open({ url: proxy.url });
  const seen = digests(session.messages);
  await client.query(SMALL_ROWS);
  await client.query(MIXED_ROWS);
  const expected = await expectedDigests(client);
  await waitFor(() => seen.rows.length >= expected.length || seen.error, { description: 'all rows' });
  expect(seen).toEqual({ rows: expected, error: undefined });
  const { rows: committed } = await client.query('SELECT pg_current_wal_flush_lsn()::text AS lsn');
  await waitFor(() => session.progress().receivedLsn >= parseLsn(committed[0].lsn), {
    description: 'the commit of the last rows',
  });
  const { rows: ends } = await client.query('SELECT pg_current_wal_lsn()::text AS lsn');
  expect(session.progress().receivedLsn <= parseLsn(ends[0].lsn)).toBe(true);
  session.confirm(session.progress().receivedLsn);
  await client.query('INSERT INTO t VALUES (1000000, $1)', ['the last']);
  const again = digests((await reopened(session)).messages);
  await waitFor(() => again.rows.length > 0 || again.error, { description: 'the last row' });
  expect(again.rows.map(([id]) => id)).toEqual([1_000_000]);
});

test.each([
  ['a part of its header', () => 3],
  ['its header', () => 5],
  ['half of its columns', (row: Buffer) => row.length >> 1],
  ['all but a byte', (row: Buffer) => row.length - 1],
])(
  'a connection that ends in a row, after %s: that row is not there, and comes with the next session',
  async (_, lengthOf) => {
    const pass = atRow(3, (row) => ({ bytes: row.subarray(0, lengthOf(row)), isLast: true }));
    await using proxy = await startWireProxy(database.url, { pass });
    const session = await open({ url: proxy.url });
    const seen = digests(session.messages);
    await database.client.query(`INSERT INTO t SELECT g, repeat('x', 100000) FROM generate_series(1, 5) g`);
    await waitFor(() => seen.error, { description: 'the session to end' });
    expect(seen.error).toBeInstanceOf(SessionLostError);
    const expected = await expectedDigests(database.client);
    expect(seen.rows).toEqual(expected.slice(0, 2));
    const again = digests((await reopened(session)).messages);
    await waitFor(() => again.rows.length === 5, { description: 'all rows' });
    expect(again.rows).toEqual(expected);
  },
);

const header = (kind: string, length: number): Buffer => {
  const bytes = message(kind, '');
  bytes.writeInt32BE(length, 1);
  return bytes;
};
/** The end of what is too short is followed by what would complete it. */
const completing = Buffer.alloc(64, 0x01);

test.each([
  ['a keepalive of nine bytes', message('d', Buffer.concat([Buffer.from('k'), completing.subarray(0, 8)]))],
  [
    'a keepalive without its last byte',
    message('d', Buffer.concat([Buffer.from('k'), completing.subarray(0, 16)])),
  ],
  ['WAL data without its positions', message('d', 'w\0\0\0')],
  ['WAL data without a message', message('d', Buffer.concat([Buffer.from('w'), Buffer.alloc(24)]))],
  ['a message of three bytes', header('d', 3)],
  ['a message of a negative length', header('d', -5)],
  ['a notice of a negative length', header('N', -5)],
])('%s ends the session as a ProtocolError, and becomes neither row nor position', async (_, wrong) => {
  const pass = atRow(3, (row) => ({ bytes: Buffer.concat([wrong, message('d', completing), row]) }));
  await using proxy = await startWireProxy(database.url, { pass });
  const session = await open({ url: proxy.url });
  const seen = collect(session.messages);
  await database.client.query('INSERT INTO t SELECT g FROM generate_series(1, 5) g');
  await waitFor(() => seen.error, { description: 'the session to end' });
  expect(seen.error).toBeInstanceOf(ProtocolError);
  // What came in the same read is not handed on.
  expect(seen.ids).toEqual([1, 2].slice(0, seen.ids.length));
  const { rows } = await database.client.query('SELECT pg_current_wal_lsn()::text AS lsn');
  expect(session.progress().receivedLsn <= parseLsn(rows[0].lsn)).toBe(true);
  expect(() => session.confirm(parseLsn('01010101/01010101'))).toThrow(ProtocolError);
  const again = collect((await reopened(session)).messages);
  await waitFor(() => again.ids.length === 5, { description: 'all rows' });
  expect(again.ids).toEqual([1, 2, 3, 4, 5]);
});

test('an error in the middle of a transaction comes through, with what came before it', async () => {
  const error = message('E', 'SFATAL\0VFATAL\0C58030\0Mcould not read a file\0\0');
  const pass = atRow(3, () => ({ bytes: error, isLast: true }));
  await using proxy = await startWireProxy(database.url, { pass });
  const session = await open({ url: proxy.url });
  const seen = collect(session.messages);
  await database.client.query('INSERT INTO t SELECT g FROM generate_series(1, 5) g');
  await waitFor(() => seen.error, { description: 'the session to end' });
  expect(seen.error).toBeInstanceOf(SessionLostError);
  expect((seen.error as SessionLostError).cause).toMatchObject({ code: '58030' });
  expect(seen.ids).toEqual([1, 2]);
});

test('a session that is closed in the middle of a row lets go of the slot, and the next one has all rows', async () => {
  const { client, slot } = database;
  const session = await open();
  const seen = digests(session.messages);
  session.pause();
  await client.query(MIXED_ROWS);
  // More than the sockets hold.
  await waitFor(
    async () => {
      const { rows } = await client.query(
        `SELECT 1 FROM pg_stat_activity JOIN pg_replication_slots ON active_pid = pid
         WHERE slot_name = $1 AND wait_event = 'WalSenderWriteData'`,
        [slot],
      );
      return rows.length;
    },
    { description: 'the walsender to wait for us' },
  );
  const again = digests((await reopened(session)).messages);
  expect(seen.error).toBeUndefined();
  const expected = await expectedDigests(client);
  await waitFor(() => again.rows.length >= expected.length || again.error, { description: 'all rows' });
  expect(again).toEqual({ rows: expected, error: undefined });
});
