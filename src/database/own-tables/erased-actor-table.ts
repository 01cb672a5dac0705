import type { Client } from 'pg';
import { PreconditionError } from '../../errors.ts';
import { closed } from '../connection.ts';
import { postgresFailure } from '../failures.ts';
import { ERASED_ACTOR_TABLE, ERASED_ACTORS } from './erased-actor-plan.ts';
import { connectToOwnTable } from './own-table-connection.ts';
import { lookAtOwnTable } from './own-table-plan.ts';

/** Who is said to be erased must stay so. */
const CONNECTION = { purpose: 'erasures', synchronousCommit: 'on' } as const;

/** One of the erased, as far as a pipeline has to know. */
export type ErasedActor = {
  readonly id: string;
  /** Of what stands in a row's column, and of what stands in records. */
  readonly digests: readonly string[];
  /** To be swept from the index by this slot's pipeline. */
  readonly isUnfinished: boolean;
};

/** What was removed since the last time it was told, by the id of the erasure. */
export type Removed = { readonly id: string; readonly records: number; readonly deadLetters: number };

/** The list of erased actors, as the holder of one slot uses it, on a connection of its own that is made when it is needed. */
export class ErasedActorTable {
  readonly #url: string;
  readonly #slot: string;
  #client: Promise<Client> | undefined;

  constructor(options: { readonly url: string; readonly slot: string }) {
    this.#url = options.url;
    this.#slot = options.slot;
  }

  /** All of them; none where there is no such table. Rejects with a PreconditionError where there is one that may not be read. */
  read(): Promise<readonly ErasedActor[]> {
    return this.#bounded(async (client) => {
      const { isThere, isReadable, missing } = await lookAtOwnTable(client, ERASED_ACTORS);
      if (!isThere) return [];
      if (!isReadable) {
        throw new PreconditionError(
          `${ERASED_ACTOR_TABLE} may not be read, and says who must not be written`,
          {
            remedy: `Run \`wal2algolia setup\`, or as the owner: ${missing.join('; ')}.`,
          },
        );
      }
      const { rows } = await client.query<ErasedActor>(
        `SELECT id::text AS id, more_digests || digest AS digests, slot_name = $1 AND finished_at IS NULL AS "isUnfinished"
         FROM ${ERASED_ACTOR_TABLE} ORDER BY id`,
        [this.#slot],
      );
      return rows;
    });
  }

  async tell(removed: readonly Removed[]): Promise<void> {
    const some = removed.filter(({ records, deadLetters }) => records + deadLetters > 0);
    if (some.length === 0) return;
    await this.#bounded((client) =>
      client.query(
        `UPDATE ${ERASED_ACTOR_TABLE} erased SET records = erased.records + told.records, dead_letters = erased.dead_letters + told.letters
         FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) told(id, records, letters) WHERE erased.id = told.id`,
        [
          some.map(({ id }) => id),
          some.map(({ records }) => records),
          some.map(({ deadLetters }) => deadLetters),
        ],
      ),
    );
  }

  /** Nothing of them is in the records of these tables any more. */
  async finish(ids: readonly string[], tables: readonly string[]): Promise<void> {
    await this.#bounded((client) =>
      client.query(
        `UPDATE ${ERASED_ACTOR_TABLE} SET finished_at = clock_timestamp(), tables = $2 WHERE id = ANY ($1::bigint[]) AND finished_at IS NULL`,
        [ids, tables],
      ),
    );
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.then(closed, () => undefined);
  }

  /** After any failure the next one who asks gets a new connection. */
  async #bounded<T>(work: (client: Client) => Promise<T>): Promise<T> {
    try {
      this.#client ??= connectToOwnTable(this.#url, CONNECTION);
      return await work(await this.#client);
    } catch (error) {
      await this.close();
      throw postgresFailure(error, 'erased actors');
    }
  }
}
