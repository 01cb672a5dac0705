import { createHash } from 'node:crypto';
import type { Client } from 'pg';
import type { Observable } from 'rxjs';
import type { WalMessage } from '../../../src/replication/messages.ts';

/** Of one row of `t`: its id, and length and MD5 of its note. */
type RowDigest = readonly [id: number, noteBytes: number, md5: string];

type Digests = { readonly rows: RowDigest[]; error: unknown };

/** What arrives of `t (id, note)`, in order, as it was when it arrived. */
export function digests(messages: Observable<readonly WalMessage[]>): Digests {
  const seen: Digests = { rows: [], error: undefined };
  const at = new Int32Array(4);
  messages.subscribe({
    next: (run) => {
      for (const message of run) {
        if (message.tag !== 'insert') continue;
        message.new.locate(at);
        const { bytes } = message.new;
        const note = bytes.subarray(at[2], at[3]);
        const md5 = createHash('md5').update(note).digest('hex');
        seen.rows.push([Number(bytes.toString('utf8', at[0], at[1])), note.length, md5]);
      }
    },
    error: (error: unknown) => {
      seen.error = error;
    },
  });
  return seen;
}

/** The same in SQL, of all rows, in the order in which they were inserted. */
export async function expectedDigests(client: Client): Promise<RowDigest[]> {
  const { rows } = await client.query<{ id: number; bytes: number; md5: string }>(
    'SELECT id, octet_length(note) AS bytes, md5(note) AS md5 FROM t ORDER BY id',
  );
  return rows.map(({ id, bytes, md5 }) => [id, bytes, md5] as const);
}

/** Notes of 0 bytes to 5 MB in turn, each with a text of its own. */
export const MIXED_ROWS = `INSERT INTO t SELECT g, repeat(md5(g::text), (ARRAY[0, 1, 156250, 2, 0, 45, 300, 2048, 30000, 1])[1 + g % 10])
  FROM generate_series((SELECT coalesce(max(id), 0) + 1 FROM t), (SELECT coalesce(max(id), 0) + 40 FROM t)) g`;

/** Many in one read. */
export const SMALL_ROWS = `INSERT INTO t SELECT g, left(md5(g::text), g % 33)
  FROM generate_series((SELECT coalesce(max(id), 0) + 1 FROM t), (SELECT coalesce(max(id), 0) + 3000 FROM t)) g`;
