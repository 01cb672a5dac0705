import type { Client } from 'pg';
import { PreconditionError, SessionLostError } from '../errors.ts';
import { oneRow } from './one-row.ts';
import { identifier } from './quoting.ts';

/** Under which our replication connection appears, and as which it could match `synchronous_standby_names`. */
export const WALSENDER_NAME = 'wal2algolia';

const VERSION_MIN = 140_000;

export type Server = {
  /** As `server_version_num`: 180004 for 18.4. */
  readonly version: number;
  readonly versionText: string;
  readonly database: string;
  readonly encoding: string;
  readonly walLevel: string;
  readonly inRecovery: boolean;
  readonly walSenderTimeoutMs: number;
  readonly synchronousStandbyNames: string;
  readonly role: string;
  readonly mayReplicate: boolean;
  /** Of the cluster, which a physical copy of it shares. */
  readonly systemId: string;
  /** The one on which WAL is written; null on a standby, which writes none. */
  readonly timeline: number | null;
};

/** What the server says of itself and of the role that asks. */
export async function readServer(client: Client): Promise<Server> {
  const found = await client.query<Server>(`
    SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS "versionText",
           current_database() AS database, current_setting('server_encoding') AS encoding,
           current_setting('wal_level') AS "walLevel", pg_is_in_recovery() AS "inRecovery",
           (SELECT setting::int FROM pg_settings WHERE name = 'wal_sender_timeout') AS "walSenderTimeoutMs",
           current_setting('synchronous_standby_names') AS "synchronousStandbyNames",
           current_user AS role,
           (SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user) AS "mayReplicate",
           (SELECT system_identifier::text FROM pg_control_system()) AS "systemId",
           CASE WHEN NOT pg_is_in_recovery()
             THEN ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int END AS timeline`);
  return oneRow(found);
}

/** Throws the first precondition of logical replication that this server does not meet. `applicationName` is that of the walsender. */
export function checkServer(
  server: Server,
  applicationName: string,
  when: 'start' | 'later' = 'start',
): void {
  if (server.version < VERSION_MIN) {
    throw new PreconditionError(`Postgres ${server.versionText} is too old`, {
      remedy: 'Postgres 14 or newer is needed.',
    });
  }
  // Later on this is a failover that is not finished yet.
  if (server.inRecovery && when === 'later') throw new SessionLostError('this server is a standby');
  if (server.inRecovery) {
    throw new PreconditionError('this server is a standby', { remedy: 'Connect to the primary.' });
  }
  if (server.walLevel !== 'logical') {
    throw new PreconditionError(`wal_level is ${server.walLevel}`, {
      remedy: "Set it and restart Postgres: ALTER SYSTEM SET wal_level = 'logical'.",
    });
  }
  if (server.encoding === 'SQL_ASCII') {
    throw new PreconditionError(
      `database "${server.database}" has the encoding SQL_ASCII, whose text may be no valid UTF-8`,
      {
        remedy: 'Use a database with the encoding UTF8.',
      },
    );
  }
  if (!server.mayReplicate) {
    throw new PreconditionError(`role "${server.role}" may not use replication slots`, {
      remedy: `As a superuser: ALTER ROLE ${identifier(server.role)} REPLICATION.`,
    });
  }
  checkStandbyNames(server.synchronousStandbyNames, applicationName);
}

/** Throws when commits of the application would wait until a walsender of this name has confirmed them. */
export function checkStandbyNames(setting: string, applicationName: string): void {
  if (!matchesStandbyNames(setting, applicationName)) return;
  throw new PreconditionError(
    `synchronous_standby_names matches "${applicationName}": every commit of the application would wait for our confirmation`,
    {
      remedy:
        'Name the physical standbys in synchronous_standby_names one by one, without "*" and without this name, and reload Postgres.',
    },
  );
}

/**
 * Whether a walsender of this name counts as a synchronous standby; names compare without case, `*` is any.
 * https://www.postgresql.org/docs/current/runtime-config-replication.html#GUC-SYNCHRONOUS-STANDBY-NAMES
 */
export function matchesStandbyNames(setting: string, applicationName: string): boolean {
  const list = /^\s*(?:(?:FIRST|ANY)\s+)?\d+\s*\((.*)\)\s*$/is.exec(setting)?.[1] ?? setting;
  const names = list.match(/"(?:[^"]|"")*"|[^\s,]+/g) ?? [];
  return names.some((quoted) => {
    if (quoted === '*') return true;
    const name = quoted.startsWith('"') ? quoted.slice(1, -1).replaceAll('""', '"') : quoted;
    return name === '*' || name.toLowerCase() === applicationName.toLowerCase();
  });
}
