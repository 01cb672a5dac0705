import type { Observable } from 'rxjs';
import { afterEach, beforeEach } from 'vitest';
import type { Lsn } from '../../../src/lsn.ts';
import type { WalMessage } from '../../../src/replication/messages.ts';
import { openSession, type Session, type SessionOptions } from '../../../src/replication/session.ts';
import { released } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';

export let database: TestDatabase;
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

export async function open(more: Partial<SessionOptions> = {}): Promise<Session> {
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

export const withTimeout = (timeout: string): string =>
  `${database.url}?options=${encodeURIComponent(`-c wal_sender_timeout=${timeout}`)}`;

type Seen = { readonly ids: number[]; readonly ends: Lsn[]; error: unknown };

export function collect(messages: Observable<readonly WalMessage[]>): Seen {
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

export async function reopened(session: Session): Promise<Session> {
  await session.close();
  await released(database);
  return open();
}
