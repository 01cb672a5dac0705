import { type Lsn, parseLsn } from '../../src/lsn.ts';
import type { TestDatabase } from '../support/postgres.ts';

export type Change = { readonly kind: 'set' | 'delete'; readonly objectID: string };

/** A transaction as Postgres itself tells it, in commit order. */
export type Commit = { readonly commitLsn: Lsn; readonly endLsn: Lsn; readonly changes: readonly Change[] };

/** A second slot beside the pipeline's, from which the test learns what was committed when. */
export async function createHistorySlot({ client, slot }: TestDatabase): Promise<string> {
  const name = `${slot}_history`;
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [name]);
  return name;
}

/**
 * Reads the slot to its end. The first column of the only published table must be its key.
 * https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html
 */
export async function readHistory(
  { client, publication }: TestDatabase,
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
    if (tag === 'C') {
      const [commitLsn, endLsn] = [data.readBigUInt64BE(2) as Lsn, data.readBigUInt64BE(10) as Lsn];
      if (changes.length > 0) commits.push({ commitLsn, endLsn, changes });
    }
  }
  return commits;
}

/** Tag, relation, then up to two tuples: K the old key, N the new row. */
function rowChanges(data: Buffer): readonly Change[] {
  const changes: Change[] = [];
  for (let at = 5; at < data.length; ) {
    const kind = data[at] === 0x4b ? 'delete' : 'set';
    const columns = data.readUInt16BE(at + 1);
    at += 3;
    for (let column = 0; column < columns; column += 1) {
      const isText = data[at] === 0x74;
      const length = isText ? data.readUInt32BE(at + 1) : 0;
      const start = isText ? at + 5 : at + 1;
      if (column === 0) changes.push({ kind, objectID: data.toString('utf8', start, start + length) });
      at = start + length;
    }
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
