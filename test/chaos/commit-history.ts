import type { Client } from 'pg';
import { type Lsn, parseLsn } from '../../src/lsn.ts';
import type { TestDatabase } from '../support/postgres.ts';

/** `revision` counts the changes of a row: of two versions of a record the higher one is the later. A truncation has neither. */
export type Change =
  | { readonly kind: 'set'; readonly objectID: string; readonly revision: number }
  | { readonly kind: 'delete'; readonly objectID: string }
  | { readonly kind: 'truncate' };

/** A transaction as Postgres itself tells it, in commit order. */
export type Commit = {
  readonly commitLsn: Lsn;
  readonly endLsn: Lsn;
  readonly atMs: number;
  readonly changes: readonly Change[];
};

const POSTGRES_EPOCH_MS = 946_684_800_000;
const TEXT = 0x74; // t
const OLD_KEY = 0x4b; // K

/** A second slot beside the pipeline's, from which the test learns what was committed when. */
export async function createHistorySlot({
  client,
  slot,
}: Pick<TestDatabase, 'client' | 'slot'>): Promise<string> {
  const name = `${slot}_history`;
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [name]);
  return name;
}

/**
 * Reads the slot to its end. The first column of the only published table must be its key, and the last one its revision.
 * https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html
 */
export async function readHistory(
  { client, publication }: { readonly client: Client; readonly publication: string },
  slot: string,
): Promise<readonly Commit[]> {
  const { rows } = await client.query<{ data: Buffer }>(
    `SELECT data FROM pg_logical_slot_get_binary_changes($1, NULL, NULL, 'proto_version', '1', 'publication_names', $2)`,
    [slot, publication],
  );
  const commits: Commit[] = [];
  let changes: Change[] = [];
  for (const { data } of rows) {
    const tag = String.fromCharCode(data[0] ?? 0);
    if (tag === 'B') changes = [];
    if (tag === 'I' || tag === 'U' || tag === 'D') changes.push(...rowChanges(data));
    if (tag === 'T') changes.push({ kind: 'truncate' });
    if (tag === 'C' && changes.length > 0) {
      commits.push({
        commitLsn: data.readBigUInt64BE(2) as Lsn,
        endLsn: data.readBigUInt64BE(10) as Lsn,
        atMs: Number(data.readBigInt64BE(18)) / 1_000 + POSTGRES_EPOCH_MS,
        changes,
      });
    }
  }
  return commits;
}

/** Tag, relation, then up to two tuples: K the old key, N the new row. */
function rowChanges(data: Buffer): readonly Change[] {
  const changes: Change[] = [];
  for (let at = 5; at < data.length; ) {
    const isOldKey = data[at] === OLD_KEY;
    const count = data.readUInt16BE(at + 1);
    at += 3;
    const values: string[] = [];
    for (let column = 0; column < count; column += 1) {
      const isText = data[at] === TEXT;
      const length = isText ? data.readUInt32BE(at + 1) : 0;
      const start = isText ? at + 5 : at + 1;
      if (column === 0 || column === count - 1) values.push(data.toString('utf8', start, start + length));
      at = start + length;
    }
    const [objectID = '', revision] = values;
    changes.push(
      isOldKey ? { kind: 'delete', objectID } : { kind: 'set', objectID, revision: Number(revision) },
    );
  }
  return changes;
}

/** `confirmed_flush_lsn` of the pipeline's slot. */
export async function confirmedLsn({ client, slot }: Pick<TestDatabase, 'client' | 'slot'>): Promise<Lsn> {
  const { rows } = await client.query<{ lsn: string }>(
    'SELECT confirmed_flush_lsn::text AS lsn FROM pg_replication_slots WHERE slot_name = $1',
    [slot],
  );
  return parseLsn(rows[0]?.lsn ?? '');
}
