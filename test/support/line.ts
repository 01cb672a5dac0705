import { createAlgolia } from '../../src/algolia/client.ts';
import type { Written } from '../../src/algolia/written.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { ConfigInput } from '../../src/config/schema.ts';
import { type AlgoliaServer, startAlgoliaServer } from '../../src/local/algolia/server.ts';
import { type SupervisorOptions, supervise } from '../../src/supervisor.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import type { Status } from '../../src/telemetry/status.ts';
import { StatusBoard } from '../../src/telemetry/status-board.ts';
import type { TestDatabase } from './postgres.ts';
import { waitFor } from './wait-for.ts';

type ServerOptions = Partial<Parameters<typeof startAlgoliaServer>[0]>;

export async function startIndex(options: ServerOptions = {}): Promise<AlgoliaServer & AsyncDisposable> {
  const server = await startAlgoliaServer({ port: 0, journal: true, ...options });
  return Object.assign(server, { [Symbol.asyncDispose]: () => server.close() });
}

export type Line = AsyncDisposable & {
  readonly confirmed: readonly Written[];
  status(): Status;
  /** Resolves when the pipeline has ended by itself or was stopped; rejects with what stopped it. */
  readonly ended: Promise<void>;
  /** Drains. */
  stop(): Promise<void>;
};

/** Anything but what the database and the server say themselves. */
type LineOptions = Partial<Omit<ConfigInput, 'algolia'>> & {
  readonly algolia?: Partial<ConfigInput['algolia']>;
};

export function lineConfig(
  database: TestDatabase,
  server: AlgoliaServer,
  more: LineOptions = {},
): ConfigInput {
  return {
    postgres: { url: database.url },
    replication: { slot: database.slot, publication: database.publication },
    ...more,
    algolia: { appId: server.appId, apiKey: server.adminKey, hosts: [server.url], ...more.algolia },
  };
}

/** A supervised pipeline in this process. Disposing drains it. */
export function startLine(
  input: ConfigInput,
  { onLog, ...more }: Pick<SupervisorOptions, 'unsettled'> & { readonly onLog?: (line: string) => void } = {},
): Line {
  const config = parseConfig(input);
  const algolia = createAlgolia({ ...config.algolia, apiKey: config.algolia.apiKey.reveal() });
  const board = new StatusBoard(config.replication.slot);
  const stopping = new AbortController();
  const confirmed: Written[] = [];
  const ended = new Promise<void>((resolve, reject) => {
    supervise({
      ...more,
      config,
      algolia,
      board,
      metrics: createMetrics(() => board.status()),
      logger: onLog
        ? createLogger({ level: 'info', destination: { write: onLog } })
        : createLogger({ level: process.env['LINE_LOG'] ? 'debug' : 'silent' }),
      signal: stopping.signal,
    }).subscribe({ next: (batch) => confirmed.push(batch), error: reject, complete: resolve });
  });
  ended.catch(() => undefined);
  const stop = async (): Promise<void> => {
    stopping.abort();
    await ended;
  };
  return {
    confirmed,
    ended,
    stop,
    status: () => board.status(),
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await ended.catch(() => undefined);
      algolia.close();
    },
  };
}

/**
 * Waits until the slot is confirmed up to what has been committed by now. What is flushed counts: WAL that belongs to no commit can
 * wait for seconds to be written, and is not sent before.
 */
export async function drained(
  database: Pick<TestDatabase, 'client' | 'slot'>,
  timeoutMs?: number,
): Promise<void> {
  const { rows } = await database.client.query<{ lsn: string }>(
    'SELECT pg_current_wal_flush_lsn()::text AS lsn',
  );
  await waitFor(
    async () => {
      const { rows: slots } = await database.client.query<{ done: boolean; state: string }>(
        `SELECT confirmed_flush_lsn >= $2::pg_lsn AS done,
                format('confirmed up to %s, held by %s', confirmed_flush_lsn, coalesce(active_pid::text, 'nobody')) AS state
         FROM pg_replication_slots WHERE slot_name = $1`,
        [database.slot, rows[0]?.lsn],
      );
      if (slots[0]?.done !== true) throw new Error(slots[0]?.state ?? 'there is no such slot');
      return true;
    },
    {
      description: `slot ${database.slot} to be confirmed up to ${rows[0]?.lsn}`,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    },
  );
}

/** Waits until nobody holds the slot. */
export async function released(database: TestDatabase): Promise<void> {
  await waitFor(
    async () => {
      const { rows } = await database.client.query<{ free: boolean }>(
        'SELECT active_pid IS NULL AS free FROM pg_replication_slots WHERE slot_name = $1',
        [database.slot],
      );
      return rows[0]?.free;
    },
    { description: `slot ${database.slot} to be released` },
  );
}
