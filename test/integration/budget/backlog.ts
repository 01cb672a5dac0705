import { createAuditLog, insertRows, inTransactions, slotState, walEnd } from '../../bench/audit-rows.ts';
import { createDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';

export type BacklogSize = { readonly rows: number; readonly perTransaction: number };

/** Rows that were committed before anybody reads them. */
export type Backlog = AsyncDisposable & {
  readonly url: string;
  readonly publication: string;
  /** A slot for one more reader, in front of the first row. */
  slot(): Promise<string>;
  /** Resolves when all of it has left the walsender that serves the slot. */
  sent(slot: string): Promise<void>;
  confirmed(slot: string): Promise<void>;
};

export async function createBacklog({ rows, perTransaction }: BacklogSize): Promise<Backlog> {
  const database = await createDatabase();
  const { client, url, publication } = database;
  const fill = async (): Promise<string> => {
    await createAuditLog(client, publication, database.slot);
    await inTransactions(client, insertRows, rows, perTransaction);
    return walEnd(client);
  };
  const end = await fill().catch(async (error: unknown) => {
    await database[Symbol.asyncDispose]();
    throw error;
  });
  let slots = 0;
  return {
    url,
    publication,
    slot: async () => {
      slots += 1;
      const slot = `${database.slot}_${slots}`;
      await client.query('SELECT pg_copy_logical_replication_slot($1, $2)', [database.slot, slot]);
      return slot;
    },
    sent: async (slot) => {
      await waitFor(
        async () => {
          const sent = await client.query(
            `SELECT FROM pg_replication_slots s JOIN pg_stat_replication r ON r.pid = s.active_pid
             WHERE s.slot_name = $1 AND r.sent_lsn >= $2::pg_lsn`,
            [slot, end],
          );
          return sent.rowCount === 1;
        },
        { description: 'the walsender to have sent the backlog' },
      );
    },
    confirmed: async (slot) => {
      await waitFor(async () => (await slotState(client, slot, end)).isConfirmed, {
        description: 'the backlog to be confirmed',
      });
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}
