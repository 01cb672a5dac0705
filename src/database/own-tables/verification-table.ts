import type { Client } from 'pg';
import { postgresFailure } from '../failures.ts';
import { withOwnTable } from './own-table-connection.ts';
import { checkOwnTable, lookAtOwnTable } from './own-table-plan.ts';
import { VERIFICATION_TABLE, VERIFICATIONS } from './verification-plan.ts';

const CONNECTION = { purpose: 'verification', synchronousCommit: 'local' } as const;

/** The last result for one table: how many records of each class. */
export type Verification = {
  readonly table: string;
  /** ISO 8601 in UTC, by the clock of the server. */
  readonly at: string;
  /** How long ago that is. */
  readonly ageMs: number;
  readonly counts: Readonly<Record<string, number>>;
};

/** The results of one slot, on a connection of its own for each look at them. */
export class VerificationTable {
  readonly #url: string;
  readonly #slot: string;

  constructor(options: { readonly url: string; readonly slot: string }) {
    this.#url = options.url;
    this.#slot = options.slot;
  }

  /** Rejects with a PreconditionError where the table is missing or may not be used. */
  read(): Promise<readonly Verification[]> {
    return this.#connected(async (client) => {
      await checkOwnTable(client, VERIFICATIONS, 'keeps the last result of verify');
      return readVerifications(client, this.#slot);
    });
  }

  /** Takes the place of what was there for the table, unless `fence` rejects since the slot is not ours. */
  tell(
    table: string,
    counts: Verification['counts'],
    fence: () => Promise<void>,
  ): Promise<readonly Verification[]> {
    return this.#connected(async (client) => {
      await fence();
      await client.query(
        `INSERT INTO ${VERIFICATION_TABLE} (slot_name, table_name, finished_at, counts) VALUES ($1, $2, clock_timestamp(), $3)
         ON CONFLICT (slot_name, table_name) DO UPDATE SET finished_at = excluded.finished_at, counts = excluded.counts`,
        [this.#slot, table, JSON.stringify(counts)],
      );
      return readVerifications(client, this.#slot);
    });
  }

  async #connected<T>(work: (client: Client) => Promise<T>): Promise<T> {
    try {
      return await withOwnTable(this.#url, CONNECTION, work);
    } catch (error) {
      throw postgresFailure(error, 'the last result of verify');
    }
  }
}

/** On a connection that is there; none where there is no table of them that may be read. Rejects with `pg`'s error. */
export async function findVerifications(client: Client, slot: string): Promise<readonly Verification[]> {
  const { isReadable } = await lookAtOwnTable(client, VERIFICATIONS);
  return isReadable ? readVerifications(client, slot) : [];
}

async function readVerifications(client: Client, slot: string): Promise<readonly Verification[]> {
  const { rows } = await client.query<Verification>(
    `SELECT table_name AS table, to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at,
            extract(epoch FROM clock_timestamp() - finished_at)::float8 * 1000 AS "ageMs", counts
     FROM ${VERIFICATION_TABLE} WHERE slot_name = $1 ORDER BY table_name COLLATE "C"`,
    [slot],
  );
  return rows;
}
