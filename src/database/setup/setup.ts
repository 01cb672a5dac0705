import type { Client } from 'pg';
import { PreconditionError } from '../../errors.ts';
import { connect } from '../connection.ts';
import { postgresFailure, sqlState } from '../failures.ts';
import { planOwnTables } from '../own-tables/own-tables-plan.ts';
import { identifier } from '../quoting.ts';
import { checkServer, readServer, type Server, WALSENDER_NAME } from '../server.ts';
import { makesSlot, namingBlockers } from './blockers.ts';
import { planGrants } from './grants.ts';
import type { SetupOptions, SetupPlan } from './setup-options.ts';
import { coverageStatements, planSetup } from './setup-plan.ts';
import { readSetupTables } from './setup-tables.ts';

/** No statement of ours waits longer for a lock: what waits for it queues up behind us. */
const LOCK_TIMEOUT = '5s';
/** A new slot may wait for many transactions, one after the other. */
const STATEMENT_TIMEOUT = '60s';

/**
 * A client that is killed while it waits is noticed by then, and the server does not go on with a slot for nobody. Not every platform can.
 * https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-CLIENT-CONNECTION-CHECK-INTERVAL
 */
const NOTICE_KILLED = `SET client_connection_check_interval = '1s'`;

const UNDEFINED_FILE = '58P01';
const INSUFFICIENT_PRIVILEGE = '42501';
const CONFIGURATION_LIMIT_EXCEEDED = '53400';

/** One setup at a time in a database: of two, the second would fail at what the first has just made. */
const TAKE_TURNS = `SELECT pg_advisory_lock(hashtextextended('wal2algolia setup', 0))`;

export type SetupReport = SetupPlan & { readonly applied: boolean };

/**
 * Brings publication, our own tables, grants and slot about, and changes nothing where they stand. With `dryRun` it only says what it would run.
 * Rejects with a Wal2AlgoliaError that names who holds it up rather than wait.
 */
export async function setUpDatabase(
  url: string,
  applicationName: string,
  options: SetupOptions,
  dryRun: boolean,
): Promise<SetupReport> {
  const connected = () =>
    connect(url, {
      applicationName,
      settings: {
        lock_timeout: LOCK_TIMEOUT,
        statement_timeout: STATEMENT_TIMEOUT,
        synchronous_commit: 'local',
      },
    });
  let client: Client;
  try {
    client = await connected();
  } catch (error) {
    throw postgresFailure(error, 'connecting to Postgres');
  }
  const held = { client, observer: connected, ...options.waiting };
  const patiently = <T>(doing: string, work: () => Promise<T>): Promise<T> =>
    namingBlockers(held, doing, work);
  try {
    await client.query(NOTICE_KILLED).catch(() => undefined);
    if (!dryRun) await patiently('waiting for another setup', () => client.query(TAKE_TURNS));
    const server = await readServer(client);
    checkServer(server, WALSENDER_NAME);
    const { others, slot, notices } = await patiently('looking at the tables', () =>
      planSetup(client, server, options),
    );
    const statements = [...others, ...slot];
    if (dryRun) {
      // Beside what is still missing it would find fault with that.
      if (others.length === 0) await options.beforeSlot?.();
      return { statements, notices, applied: false };
    }
    const apply = async (sql: string): Promise<void> => {
      // Nobody queues up behind whoever waits for transactions to end, and without a slot nothing goes on.
      if (options.recovery !== undefined)
        await client.query(`SET lock_timeout = '${makesSlot(sql) ? 0 : LOCK_TIMEOUT}'`);
      await patiently(sql, () => client.query(sql)).catch(async (error: unknown) => {
        // Some are a transaction of several.
        await client.query('ROLLBACK').catch(() => undefined);
        throw sqlState(error) === INSUFFICIENT_PRIVILEGE
          ? await notAllowed(client, server, options, error)
          : statementFailure(error, server, options);
      });
    };
    for (const sql of others) await apply(sql);
    if (slot.length > 0) await options.beforeSlot?.();
    for (const sql of slot) await apply(sql);
    if (statements.length > 0) await checkGrants(client, server, options);
    return { statements, notices, applied: true };
  } catch (error) {
    throw postgresFailure(error, 'setup');
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Postgres only warns when whoever grants may not. https://www.postgresql.org/docs/current/sql-grant.html#SQL-GRANT-NOTES */
async function checkGrants(client: Client, server: Server, options: SetupOptions): Promise<void> {
  const tables = await readSetupTables(client, server, options);
  const grants = await planGrants(client, server, options, tables);
  const ownTables = await planOwnTables(client, options.runRole ?? server.role);
  const coverage = await coverageStatements(client, server, options);
  const statements = [...ownTables, ...coverage, ...grants.statements];
  if (statements.length === 0) return;
  throw new PreconditionError(`role ${identifier(server.role)} may not grant what \`run\` needs`, {
    remedy: `As the owner of the table: ${statements.join('; ')}`,
  });
}

/** All that is missing but the slot, as somebody else has to run it. */
async function notAllowed(
  client: Client,
  server: Server,
  options: SetupOptions,
  error: unknown,
): Promise<PreconditionError> {
  const plan = await planSetup(client, server, options, 'somebody else');
  const others = [...plan.others, ...plan.slot].filter((sql) => !/^(SELECT|INSERT|UPDATE|WITH)/.test(sql));
  const text = error instanceof Error ? error.message : '';
  return new PreconditionError(`role ${identifier(server.role)} may not do what setup needs: ${text}`, {
    cause: error,
    remedy: `As the owner of database and table: ${others.join('; ')}. Then run setup again.`,
  });
}

function statementFailure(error: unknown, { version }: Server, { plugin }: SetupOptions): unknown {
  const code = sqlState(error);
  const text = error instanceof Error ? error.message : '';
  // A missing segment of the WAL has this code too; the library's name is in the text of every language.
  if (code === UNDEFINED_FILE && text.includes(plugin)) {
    const major = Math.floor(version / 10_000);
    return new PreconditionError(`the database server has no output plugin ${plugin}: ${text}`, {
      cause: error,
      remedy: `Install it on the database server: package postgresql-${major}-${plugin} on Debian and Ubuntu, ${plugin}_${major} on Red Hat and its like, both from the PostgreSQL repositories; Postgres need not be restarted. Or set \`replication.plugin\` to "pgoutput".`,
    });
  }
  if (code === CONFIGURATION_LIMIT_EXCEEDED) {
    return new PreconditionError(`Postgres has no room for another replication slot: ${text}`, {
      cause: error,
      remedy:
        'Raise max_replication_slots and restart Postgres, or drop a slot that nobody needs: SELECT slot_name, active, wal_status FROM pg_replication_slots',
    });
  }
  return error;
}
