/**
 * Settings of a local Postgres that is to be followed by logical replication; given ones win, except those by which we
 * reach and supervise it. https://www.postgresql.org/docs/current/runtime-config.html
 */
export function serverSettings(
  port: number,
  durable: boolean,
  given: Readonly<Record<string, string>>,
): readonly string[] {
  const settings: Record<string, string> = {
    wal_level: 'logical',
    max_connections: '100',
    max_replication_slots: '64',
    max_wal_senders: '64',
    timezone: 'UTC',
    // Enough for a machine that loses neither power nor kernel while it runs: kill -9 loses nothing. Full pages stay in the WAL, since a
    // kill can come between the halves of a page that is being written.
    ...(durable ? {} : { fsync: 'off' }),
    ...given,
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    lc_messages: 'C',
    log_destination: 'stderr',
    logging_collector: 'off',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
