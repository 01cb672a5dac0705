import { PreconditionError } from '../errors.ts';
import { formatLsn, type Lsn } from '../lsn.ts';
import { lacksTable, postgresFailure } from './failures.ts';
import { withOwnTable } from './own-table-connection.ts';
import { SLOT_PROGRESS_TABLE } from './slot-progress-plan.ts';

/** Before a note that is lost with the server there was another. */
const CONNECTION = { purpose: 'progress', synchronousCommit: 'local' } as const;

/** How far one slot has come, on a connection of its own for each note. */
export class SlotProgressTable {
  readonly #url: string;
  readonly #slot: string;

  constructor({ url, slot }: { readonly url: string; readonly slot: string }) {
    this.#url = url;
    this.#slot = slot;
  }

  /** `confirmedMicros` since 1970, on the server's clock. Only by whoever holds the slot. Rejects with a Wal2AlgoliaError. */
  async note(confirmedLsn: Lsn, confirmedMicros: bigint): Promise<void> {
    try {
      await withOwnTable(this.#url, CONNECTION, (client) =>
        client.query(
          `INSERT INTO ${SLOT_PROGRESS_TABLE} (slot_name, confirmed_lsn, confirmed_at)
         VALUES ($1, $2, timestamptz 'epoch' + $3::bigint * interval '1 microsecond')
         ON CONFLICT (slot_name) DO UPDATE
         SET confirmed_lsn = excluded.confirmed_lsn, confirmed_at = excluded.confirmed_at, noted_at = excluded.noted_at`,
          [this.#slot, formatLsn(confirmedLsn), String(confirmedMicros)],
        ),
      );
    } catch (error) {
      throw failure(error);
    }
  }
}

function failure(error: unknown): unknown {
  if (!lacksTable(error)) return postgresFailure(error, 'noting how far the slot has come');
  return new PreconditionError(
    `${SLOT_PROGRESS_TABLE} is not there, or may not be written by this role: should the slot be lost, nobody will know since when`,
    { cause: error, remedy: 'Run `wal2algolia setup`, which makes it and grants what is missing.' },
  );
}
