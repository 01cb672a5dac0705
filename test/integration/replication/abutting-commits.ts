import pg from 'pg';
import type { TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';

export type AbuttingCommits = {
  /** `confirmed_flush_lsn` before them. */
  readonly before: string;
  readonly first: { readonly id: number; readonly endLsn: string };
  readonly second: { readonly id: number; readonly commitLsn: string };
};

/**
 * Commits two transactions of table `t` so that the second one's commit record begins where the first one's ends. Other WAL, such as
 * the server's own notes, can come in between: then it is done again with other rows.
 */
export async function abuttingCommits(database: TestDatabase): Promise<AbuttingCommits> {
  const other = new pg.Client(database.url);
  await other.connect();
  const { client } = database;
  try {
    const slot = await client.query(
      'SELECT confirmed_flush_lsn::text AS lsn FROM pg_replication_slots WHERE slot_name = $1',
      [database.slot],
    );
    let id = -1;
    return await waitFor(
      async () => {
        id += 2;
        await Promise.all([client.query('BEGIN'), other.query('BEGIN')]);
        await client.query('INSERT INTO t VALUES ($1)', [id]);
        await other.query('INSERT INTO t VALUES ($1)', [id + 1]);
        await client.query('COMMIT');
        await other.query('COMMIT');
        const { rows } = await client.query(
          `SELECT get_byte(data, 0) AS tag, encode(substr(data, 3, 8), 'hex') AS commit_lsn, encode(substr(data, 11, 8), 'hex') AS end_lsn
           FROM pg_logical_slot_peek_binary_changes($1, NULL, NULL, 'proto_version', '1', 'publication_names', $2)
           WHERE get_byte(data, 0) = ascii('C')`,
          [database.slot, database.publication],
        );
        const [first, second] = rows.slice(-2);
        if (first.end_lsn !== second.commit_lsn) return undefined;
        return {
          before: slot.rows[0].lsn,
          first: { id, endLsn: lsnText(first.end_lsn) },
          second: { id: id + 1, commitLsn: lsnText(second.commit_lsn) },
        };
      },
      { description: 'two commits to lie side by side on a server that others use as well', intervalMs: 1 },
    );
  } finally {
    await other.end();
  }
}

function lsnText(hex: string): string {
  const halves = [hex.slice(0, 8), hex.slice(8)].map((half) =>
    Number.parseInt(half, 16).toString(16).toUpperCase(),
  );
  return halves.join('/');
}
