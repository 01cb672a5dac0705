import type { Client } from 'pg';
import { bookmarkSlot } from '../../../src/database/bookmarks/bookmark-slot.ts';
import { planOwnTables } from '../../../src/database/own-tables/own-tables-plan.ts';
import { connect, type TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';

export const TABLES = { 'public.t': { index: 't', objectID: ['id'] } };

/** Table `t`, published with all changes, slot, and our own tables as setup makes them. */
export async function createLog(database: TestDatabase): Promise<void> {
  const { client, publication, slot } = database;
  await client.query('CREATE TABLE t (id int PRIMARY KEY, v text)');
  await client.query(`CREATE PUBLICATION "${publication}" FOR TABLE t`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
  await createOwnTables(client);
}

export async function createOwnTables(client: Client): Promise<void> {
  const { rows } = await client.query<{ role: string }>('SELECT current_user::text AS role');
  for (const sql of await planOwnTables(client, rows[0]?.role ?? '')) await client.query(sql);
}

export async function bookmarkRows({ client }: TestDatabase): Promise<Record<string, unknown>[]> {
  return (await client.query('SELECT * FROM wal2algolia.bookmark ORDER BY created_at')).rows;
}

/** Names of the slots of the database but its main one. */
export async function otherSlots({ client, slot }: TestDatabase): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT slot_name AS name FROM pg_replication_slots WHERE database = current_database() AND slot_name <> $1 ORDER BY 1`,
    [slot],
  );
  return rows.map(({ name }) => name);
}

/** Ids of the rows that a slot would send, without moving it. */
export async function peeked({ client, publication }: TestDatabase, slot: string): Promise<string[]> {
  const { rows } = await client.query<{ data: Buffer }>(
    `SELECT data FROM pg_logical_slot_peek_binary_changes($1, NULL, NULL, 'proto_version', '1', 'publication_names', $2)`,
    [slot, publication],
  );
  // An insert of pgoutput: I, the relation, N, two columns, t, four bytes of length, the text of the first.
  return rows
    .filter(({ data }) => data[0] === 0x49)
    .map(({ data }) => data.subarray(13, 13 + data.readUInt32BE(9)).toString());
}

export async function insertRow({ client }: Pick<TestDatabase, 'client'>, id: number): Promise<void> {
  await client.query('INSERT INTO t VALUES ($1, $2)', [id, `row ${id}`]);
}

/** WAL that counts at once: of a commit, since anything else may wait for seconds to be written. */
export async function writeWal({ client }: Pick<TestDatabase, 'client'>, bytes: number): Promise<void> {
  await client.query(`SELECT pg_logical_emit_message(true, 'noise', repeat('x', $1::int))`, [bytes]);
}

/** Reads from a bookmark until disposed of; `pid` is its walsender. */
export async function readBookmark(
  { client, slot, publication, url }: TestDatabase,
  name: string,
): Promise<AsyncDisposable & { readonly pid: number }> {
  const address = new URL(url);
  address.searchParams.set('replication', 'database');
  const reader = await connect(address.href);
  const copy = bookmarkSlot(slot, name);
  const activePid = async (): Promise<number | null | undefined> =>
    (await client.query('SELECT active_pid AS pid FROM pg_replication_slots WHERE slot_name = $1', [copy]))
      .rows[0]?.pid;
  // Never answered while it streams.
  reader
    .query(
      `START_REPLICATION SLOT ${copy} LOGICAL 0/0 (proto_version '1', publication_names '${publication}')`,
    )
    .catch(() => undefined);
  const pid = await waitFor(activePid, { description: 'the bookmark to be read' });
  return {
    pid,
    [Symbol.asyncDispose]: async () => {
      await client.query('SELECT pg_terminate_backend($1)', [pid]);
      await reader.end().catch(() => undefined);
      await waitFor(async () => (await activePid()) === null, { description: 'the bookmark to be free' });
    },
  };
}
