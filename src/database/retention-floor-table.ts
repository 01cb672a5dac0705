import type { Client } from 'pg';
import { PreconditionError } from '../errors.ts';
import { closed, connect } from './connection.ts';
import { postgresFailure } from './failures.ts';
import { lookAtRetentionFloors, RETENTION_FLOOR_TABLE } from './retention-floor-plan.ts';
import { WALSENDER_NAME } from './server.ts';

const SETTINGS = {
  // What was removed for its age must not come back.
  synchronous_commit: 'on',
  default_transaction_read_only: 'off',
  lock_timeout: '5s',
  statement_timeout: '20s',
};
const QUERY_TIMEOUT_MS = 25_000;

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
    let connecting: Promise<Client> | undefined;
    try {
      connecting = connect(this.#url, {
        applicationName: `${WALSENDER_NAME} retention`,
        settings: SETTINGS,
        queryTimeoutMs: QUERY_TIMEOUT_MS,
      });
      const client = await connecting;
      await checkTable(client);
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
    } catch (error) {
      throw postgresFailure(error, 'retention');
    } finally {
      await connecting?.then(closed, () => undefined);
    }
  }
}

async function checkTable(client: Client): Promise<void> {
  const { isThere, isReadable, missing } = await lookAtRetentionFloors(client);
  if (isThere && isReadable && missing.length === 0) return;
  const what = isThere ? 'may not be used' : 'is missing';
  throw new PreconditionError(
    `${RETENTION_FLOOR_TABLE} ${what}, and says which rows are too old for the index`,
    {
      remedy: `Run \`wal2algolia setup\`, or as the owner: ${missing.join('; ')}.`,
    },
  );
}

async function serverNowMs(client: Client): Promise<number> {
  const { rows } = await client.query<{ ms: number }>(
    'SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS ms',
  );
  const [now] = rows;
  if (now === undefined) throw new Error('Postgres answered a one-row question without a row');
  return now.ms;
}
