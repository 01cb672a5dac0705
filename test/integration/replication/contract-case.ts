import type { Client } from 'pg';
import { LogicalReplicationService, PgoutputPlugin } from 'pg-logical-replication';
import { afterEach, beforeEach } from 'vitest';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';

/**
 * What pg-logical-replication 2.5.0 does when used as it offers itself. Each of these would lose rows or end the process, and src/replication
 * is built around them: one that fails says that the library has changed, and that the file that wraps it must be read again.
 */

export let database: TestDatabase;
export let client: Client;
const open: LogicalReplicationService[] = [];

beforeEach(async () => {
  database = await createDatabase();
  client = database.client;
  await client.query('CREATE TABLE t (id int PRIMARY KEY, note text)');
  await client.query(`CREATE PUBLICATION "${database.publication}" FOR TABLE t`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [database.slot]);
});

afterEach(async () => {
  for (const service of open.splice(0)) await service.destroy();
  await database[Symbol.asyncDispose]();
});

type Options = ConstructorParameters<typeof LogicalReplicationService>[1];
export const quiet: Options = {
  acknowledge: { auto: false, timeoutSeconds: 0 },
  flowControl: { enabled: false },
};

export function service(options: Options, settings = ''): LogicalReplicationService {
  const made = new LogicalReplicationService({ connectionString: database.url, options: settings }, options);
  made.on('error', () => undefined);
  open.push(made);
  return made;
}

export function plugin(publication = database.publication): PgoutputPlugin {
  return new PgoutputPlugin({ protoVersion: 1, publicationNames: [publication] });
}

/** Subscribes and resolves once the stream has started or ended; `ended` resolves with the rejection, if there is one. */
export async function subscribed(
  made: LogicalReplicationService,
  publication = plugin(),
): Promise<{ ended: Promise<unknown> }> {
  const started = new Promise<void>((resolve) => made.on('start', resolve));
  const ended = made.subscribe(publication, database.slot).then(
    () => undefined,
    (error: unknown) => error,
  );
  await Promise.race([started, ended]);
  return { ended };
}

/** Of the rows that arrive, until this one has with the commit of its transaction, which the server may send a good while later. */
export async function ids(made: LogicalReplicationService, untilId: number): Promise<number[]> {
  const seen: number[] = [];
  let isWhole = false;
  made.on('data', (_lsn: string, log: { tag: string; new?: { id: number } }) => {
    if (log.tag === 'insert' && log.new) seen.push(log.new.id);
    if (log.tag === 'commit') isWhole ||= seen.includes(untilId);
  });
  await subscribed(made);
  await waitFor(() => isWhole, { description: `row ${untilId} to arrive` });
  return seen;
}

export const confirmed = async (): Promise<string> => {
  const { rows } = await client.query(
    'SELECT confirmed_flush_lsn::text AS lsn FROM pg_replication_slots WHERE slot_name = $1',
    [database.slot],
  );
  return rows[0].lsn;
};

export async function released(): Promise<void> {
  await waitFor(
    async () => {
      const { rows } = await client.query('SELECT active FROM pg_replication_slots WHERE slot_name = $1', [
        database.slot,
      ]);
      return rows[0].active === false;
    },
    { description: 'the slot to be released' },
  );
}

/** Delivers chunks to the library as one socket read would. */
export function inject(made: LogicalReplicationService, ...chunks: Buffer[]): void {
  const connection = made['_connection'] as unknown as NodeJS.EventEmitter;
  for (const chunk of chunks) connection.emit('copyData', { chunk, length: chunk.length, name: 'copyData' });
}

export function keepalive(lsn: bigint): Buffer {
  const chunk = Buffer.alloc(18);
  chunk.write('k');
  chunk.writeBigUInt64BE(lsn, 1);
  return chunk;
}

export function xLogData(lsn: bigint, payload: Buffer): Buffer {
  const header = Buffer.alloc(25);
  header.write('w');
  header.writeBigUInt64BE(lsn, 1);
  return Buffer.concat([header, payload]);
}

const raw = { name: 'pgoutput', options: {}, parse: (bytes: Buffer) => bytes };
export const rawPlugin = () =>
  Object.assign(Object.create(plugin()), { parse: raw.parse, options: plugin().options }) as PgoutputPlugin;
