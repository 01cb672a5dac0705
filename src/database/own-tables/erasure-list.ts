import type { Client } from 'pg';
import { PreconditionError } from '../../errors.ts';
import { postgresFailure } from '../failures.ts';
import { oneRow } from '../one-row.ts';
import { timeProperty } from '../time-text.ts';
import { ERASED_ACTOR_TABLE, ERASED_ACTORS } from './erased-actor-plan.ts';
import { lookAtOwnTable } from './own-table-plan.ts';

/** The trace of one erasure. Times are ISO 8601 in UTC. */
export type Erasure = {
  readonly id: string;
  readonly digest: string;
  readonly erasedAt: string;
  /** The role that asked. */
  readonly erasedBy: string;
  /** Null while records are being removed. */
  readonly finishedAt: string | null;
  readonly records: number;
  readonly deadLetters: number;
  readonly tables: readonly string[];
};

const TRACE = `id::text AS id, digest, ${timeProperty('erased_at', 'erasedAt')}, erased_by AS "erasedBy",
  ${timeProperty('finished_at', 'finishedAt')}, records::float8 AS records, dead_letters::float8 AS "deadLetters", tables`;

/** The erasures of one slot, for the commands. Its methods reject with a Wal2AlgoliaError. */
export class ErasureList {
  readonly #client: Client;
  readonly #slot: string;

  private constructor(client: Client, slot: string) {
    this.#client = client;
    this.#slot = slot;
  }

  /** Rejects with a PreconditionError where the table is not as it must be. */
  static async open(client: Client, slot: string): Promise<ErasureList> {
    const { missing } = await lookAtOwnTable(client, ERASED_ACTORS).catch((error: unknown) => {
      throw postgresFailure(error, 'erased actors');
    });
    if (missing.length === 0) return new ErasureList(client, slot);
    throw new PreconditionError(`${ERASED_ACTOR_TABLE} is not there, or not as it must be`, {
      remedy: `Run \`wal2algolia setup\`, or as the owner: ${missing.join('; ')}.`,
    });
  }

  /** The newest first. */
  async all(): Promise<readonly Erasure[]> {
    return await this.#query(
      `SELECT ${TRACE} FROM ${ERASED_ACTOR_TABLE} WHERE slot_name = $1 ORDER BY id DESC`,
      [this.#slot],
    );
  }

  async byId(id: string): Promise<Erasure | undefined> {
    const [erasure] = await this.#query(
      `SELECT ${TRACE} FROM ${ERASED_ACTOR_TABLE} WHERE slot_name = $1 AND id = $2::bigint`,
      [this.#slot, id],
    );
    return erasure;
  }

  /**
   * Adds an actor, or asks for the index to be swept once more for one who is there, and tells the pipeline, in one transaction.
   * Resolves once it is durable, with the id of the erasure.
   */
  async add(
    digests: { readonly digest: string; readonly more: readonly string[] },
    message: string,
  ): Promise<string> {
    await this.#query('BEGIN', []);
    try {
      const [row] = await this.#query<{ id: string }>(
        `INSERT INTO ${ERASED_ACTOR_TABLE} AS erased (slot_name, digest, more_digests) VALUES ($1, $2, $3)
         ON CONFLICT (slot_name, digest) DO UPDATE SET more_digests = excluded.more_digests, asked_at = now(), finished_at = NULL
         RETURNING id::text AS id`,
        [this.#slot, digests.digest, digests.more],
      );
      await this.#query(`SELECT pg_logical_emit_message(true, 'wal2algolia', $1)`, [message]);
      await this.#query('COMMIT', []);
      return row?.id ?? '';
    } catch (error) {
      await this.#client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  /** End of the WAL that is flushed: everything of this connection is before it. */
  async position(): Promise<string> {
    const rows = await this.#query<{ lsn: string }>('SELECT pg_current_wal_flush_lsn()::text AS lsn', []);
    return oneRow({ rows }).lsn;
  }

  async #query<Row extends object = Erasure>(sql: string, values: unknown[]): Promise<Row[]> {
    try {
      return (await this.#client.query<Row>(sql, values)).rows;
    } catch (error) {
      throw postgresFailure(error, 'erased actors');
    }
  }
}
