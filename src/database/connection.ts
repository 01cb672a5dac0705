import type { Client, ClientConfig } from 'pg';
import pg from 'pg';
import { withinMs } from '../time-limit.ts';

const CONNECT_TIMEOUT_MS = 10_000;
/** How long a goodbye may take: a peer that is gone without a word never answers it. */
const CLOSE_TIMEOUT_MS = 2_000;

/**
 * Postgres writes values as text in the way these say, so they are fixed for every session of ours, whatever role, database or URL set.
 * https://www.postgresql.org/docs/current/runtime-config-client.html
 */
const TEXT_FORMAT: Readonly<Record<string, string>> = {
  DateStyle: 'ISO',
  TimeZone: 'UTC',
  IntervalStyle: 'iso_8601',
  bytea_output: 'hex',
  extra_float_digits: '1',
  lc_monetary: 'C',
  // Names of tables, types and functions are written with their schema unless that is on the path.
  search_path: '',
};

/** What a role or a database may have set for its users would end our long-lived connections. */
const UNLIMITED: Readonly<Record<string, string>> = { statement_timeout: '0', idle_session_timeout: '0' };

/** Long enough to sit out a slow moment, short enough that a standby takes over soon after a holder's host is gone. */
const WAL_SENDER_TIMEOUT = '30s';

export type ConnectionOptions = {
  readonly applicationName: string;
  /** Server settings for this connection alone. */
  readonly settings?: Readonly<Record<string, string>>;
  /** A query that has no answer after this many milliseconds rejects. */
  readonly queryTimeoutMs?: number;
  /** Leaves the time zone as the server, the database and the role have it. No value may be read over such a connection. */
  readonly leavesTimeZone?: boolean;
};

/**
 * What `pg` needs for a connection of ours. `options` in the URL are kept and may set `wal_sender_timeout`; what the
 * encoding of values depends on may not be changed by them.
 */
export function clientConfig(url: string, options: ConnectionOptions): ClientConfig {
  const [address, query = ''] = url.split('?', 2);
  const parameters = new URLSearchParams(query);
  const urlOptions = parameters.get('options') ?? '';
  // pg lets what the URL says win over everything else.
  parameters.delete('options');
  parameters.delete('application_name');
  const pinned = Object.entries({ ...TEXT_FORMAT, ...UNLIMITED, ...options.settings })
    .filter(([name]) => !(name === 'TimeZone' && options.leavesTimeZone))
    .map(([name, value]) => `-c ${name}=${value}`);
  return {
    connectionString: parameters.size === 0 ? (address ?? '') : `${address}?${parameters}`,
    application_name: options.applicationName,
    options: [`-c wal_sender_timeout=${WAL_SENDER_TIMEOUT}`, urlOptions, ...pinned].filter(Boolean).join(' '),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    ...(options.queryTimeoutMs === undefined ? {} : { query_timeout: options.queryTimeoutMs }),
  };
}

/** An ordinary connection; the caller ends it. Rejects with `pg`'s error. */
export async function connect(url: string, options: ConnectionOptions): Promise<Client> {
  const client = new pg.Client(clientConfig(url, options));
  // The server may end a connection in the same breath in which it accepts it, before anybody who awaits this can listen.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Ends the connection, or cuts it when the server does not answer; never rejects. */
export async function closed(client: Client): Promise<void> {
  await withinMs(
    CLOSE_TIMEOUT_MS,
    client.end().catch(() => undefined),
  );
  client.connection.stream.destroy();
}
