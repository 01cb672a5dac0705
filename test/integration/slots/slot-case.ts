import type { AlgoliaServer } from '../../../src/local/algolia/server.ts';
import { createAuditLog } from '../../support/audit-log.ts';
import { drained, type Line, lineConfig, released, startIndex, startLine } from '../../support/line.ts';
import { startMovingAddress, withPort } from '../../support/moving-address.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';

export type SlotCase = AsyncDisposable & {
  readonly database: TestDatabase;
  readonly server: AlgoliaServer;
  /** A pipeline that reaches Postgres by an address that can be closed. */
  startLine(): Line;
  /**
   * Does this while nobody can reach Postgres by that address, and nobody holds the slot. Resolves with what the last pipeline had confirmed
   * by then: beside rows that may be a little WAL that others write.
   */
  whileAway(work: () => Promise<unknown>): Promise<string>;
};

export async function slotCase(): Promise<SlotCase> {
  const database = await createDatabase();
  await createAuditLog(database);
  const server = await startIndex();
  const port = Number(new URL(database.url).port);
  const address = await startMovingAddress(port);
  const config = { ...lineConfig(database, server), postgres: { url: withPort(database.url, address.port) } };
  const lines: Line[] = [];
  return {
    database,
    server,
    startLine: () => {
      const line = startLine(config);
      lines.push(line);
      return line;
    },
    whileAway: async (work) => {
      address.moveTo(NOWHERE);
      await released(database);
      const line = lines.at(-1);
      await waitFor(() => line?.status().state !== 'streaming', { description: 'the line to notice' });
      const confirmed = line?.status().slot.confirmedLsn ?? '';
      await work();
      address.moveTo(port);
      return confirmed;
    },
    [Symbol.asyncDispose]: async () => {
      for (const line of lines) await line[Symbol.asyncDispose]();
      await address[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** A port at which nobody listens. */
const NOWHERE = 1;

/** `confirmed_flush_lsn` of the slot. */
export async function position({ client, slot }: Pick<TestDatabase, 'client' | 'slot'>): Promise<string> {
  const { rows } = await client.query<{ lsn: string }>(
    'SELECT confirmed_flush_lsn::text AS lsn FROM pg_replication_slots WHERE slot_name = $1',
    [slot],
  );
  return rows[0]?.lsn ?? '';
}

/** Inserts rows and waits until the slot is confirmed behind them. */
export async function confirmedRows(database: TestDatabase, rows: number): Promise<void> {
  await database.client.query(
    `INSERT INTO audit_log (action) SELECT 'first.sent' FROM generate_series(1, $1::int)`,
    [rows],
  );
  await drained(database);
}

export const dropSlot = ({ client, slot }: TestDatabase): Promise<unknown> =>
  client.query('SELECT pg_drop_replication_slot($1)', [slot]);

/** A slot of the same name and plugin, and a row that it does not know. */
export async function remakeSlot(database: TestDatabase): Promise<void> {
  await dropSlot(database);
  await database.client.query(`INSERT INTO audit_log (action) VALUES ('never.sent')`);
  await database.client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [database.slot]);
}

/** What comes of the line: its error, or that it has written a row which is inserted now. */
export async function outcomeOf(
  line: Line,
  { database: { client }, server }: Pick<SlotCase, 'database' | 'server'>,
): Promise<unknown> {
  const { rows } = await client.query<{ id: string }>(
    `INSERT INTO audit_log (action) VALUES ('last.row') RETURNING id::text AS id`,
  );
  const written = waitFor(() => server.record('audit_log', rows[0]?.id ?? ''), {
    description: 'the last row to be written, or the line to end',
  });
  return await Promise.race([line.ended.catch((error: unknown) => error), written.then(() => 'goes on')]);
}
