import type { Client } from 'pg';
import { postgresFailure } from '../failures.ts';
import { serverNowMs } from '../server-clock.ts';
import { withOwnTable } from './own-table-connection.ts';
import { checkOwnTable } from './own-table-plan.ts';
import { RETENTION_FLOOR_TABLE, RETENTION_FLOORS } from './retention-floor-plan.ts';

/** What was removed for its age must not come back. */
const CONNECTION = { purpose: 'retention', synchronousCommit: 'on' } as const;

/** Milliseconds since 1970, rounded down, by the name of the table. */
export type StandingFloors = ReadonlyMap<string, number>;

/** The floors as they are asked for; those that are left out stay as they stand. */
export type WantedFloors = (serverNowMs: number) => StandingFloors;

/** The floors of one slot, on a connection of its own for each look at them. */
export class RetentionFloorTable {
  readonly #url: string;
  readonly #slot: string;

  constructor(options: { readonly url: string; readonly slot: string }) {
    this.#url = options.url;
    this.#slot = options.slot;
  }

  /**
   * Raises to what `wanted` says by the server's clock those that stand lower, and resolves with all. `fence` rejects when the slot is not
   * ours. Rejects with a PreconditionError where the table is missing or may not be used.
   */
  async raise(wanted: WantedFloors, fence: () => Promise<void>): Promise<StandingFloors> {
    try {
      return await withOwnTable(this.#url, CONNECTION, (client) => this.#raise(client, wanted, fence));
    } catch (error) {
      throw postgresFailure(error, 'retention');
    }
  }

  async #raise(client: Client, wanted: WantedFloors, fence: () => Promise<void>): Promise<StandingFloors> {
    await checkOwnTable(client, RETENTION_FLOORS, 'says which rows are too old for the index');
    const floors = wanted(await serverNowMs(client));
    if (floors.size > 0) {
      await fence();
      await client.query(
        `INSERT INTO ${RETENTION_FLOOR_TABLE} AS standing (slot_name, table_name, floor, set_at)
           SELECT $1, name, to_timestamp(ms / 1000), clock_timestamp() FROM unnest($2::text[], $3::float8[]) asked(name, ms)
           ON CONFLICT (slot_name, table_name) DO UPDATE
           SET floor = GREATEST(standing.floor, excluded.floor), set_at = excluded.set_at WHERE excluded.floor > standing.floor`,
        [this.#slot, [...floors.keys()], [...floors.values()]],
      );
    }
    const { rows } = await client.query<{ name: string; ms: number }>(
      `SELECT table_name AS name, floor(extract(epoch FROM floor) * 1000)::float8 AS ms FROM ${RETENTION_FLOOR_TABLE} WHERE slot_name = $1`,
      [this.#slot],
    );
    return new Map(rows.map(({ name, ms }) => [name, ms]));
  }
}
