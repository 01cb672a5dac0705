import { afterEach, beforeEach } from 'vitest';
import { openSession, type Session, type SessionOptions } from '../../../src/replication/session.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';

export let database: TestDatabase;
const sessions: Session[] = [];

beforeEach(async () => {
  database = await createDatabase();
});

afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
  await database[Symbol.asyncDispose]();
});

export const sql = (text: string) => database.client.query(text);

export const createSlot = (slot = database.slot, plugin = 'wal2json') =>
  database.client.query('SELECT pg_create_logical_replication_slot($1, $2)', [slot, plugin]);

/** A session of the slot by wal2json unless said otherwise; closed after the test. */
export async function open(more: Partial<SessionOptions> = {}): Promise<Session> {
  const session = await openSession({
    url: database.url,
    slot: database.slot,
    publications: [],
    plugin: 'wal2json',
    tables: ['public.t'],
    own: undefined,
    ...more,
  });
  sessions.push(session);
  return session;
}

/** The database with server settings of their own for our connections. */
export const withOptions = (options: string): string =>
  `${database.url}?options=${encodeURIComponent(options)}`;
