import type { Client } from 'pg';
import { PreconditionError, type Wal2AlgoliaError } from '../errors.ts';
import { connect } from './connection.ts';
import { postgresFailure } from './failures.ts';
import { checkServer, readServer, WALSENDER_NAME } from './server.ts';
import { planSetup, type SetupOptions, type SetupPlan } from './setup-plan.ts';

/** No statement of ours waits longer for a lock: what waits for it queues up behind us. */
const LOCK_TIMEOUT = '5s';
const LOCK_NOT_AVAILABLE = '55P03';

export type SetupReport = SetupPlan & { readonly applied: boolean };

/**
 * Brings publication, slot and grants about, and changes nothing where they stand. With `dryRun` it only says what it would run.
 * Rejects with a Wal2AlgoliaError that names who holds it up rather than wait.
 */
export async function setUpDatabase(
  url: string,
  applicationName: string,
  options: SetupOptions,
  dryRun: boolean,
): Promise<SetupReport> {
  let client: Client;
  try {
    client = await connect(url, {
      applicationName,
      settings: { lock_timeout: LOCK_TIMEOUT, synchronous_commit: 'local' },
    });
  } catch (error) {
    throw postgresFailure(error, 'connecting to Postgres');
  }
  client.on('error', () => undefined);
  try {
    const server = await readServer(client);
    checkServer(server, WALSENDER_NAME);
    const plan = await planSetup(client, server, options);
    if (!dryRun) for (const sql of plan.statements) await execute(client, sql);
    return { ...plan, applied: !dryRun };
  } catch (error) {
    throw postgresFailure(error, 'setup');
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function execute(client: Client, sql: string): Promise<void> {
  try {
    await client.query(sql);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === LOCK_NOT_AVAILABLE)
      throw await blockedBy(client, sql, error);
    throw error;
  }
}

/**
 * A new slot waits for every transaction that was writing when it was asked for, prepared ones included, in any database.
 * https://www.postgresql.org/docs/current/logicaldecoding-explanation.html
 */
async function blockedBy(client: Client, sql: string, cause: unknown): Promise<Wal2AlgoliaError> {
  const { rows } = await client.query<{ who: string }>(`
    SELECT format('process %s (%s, %s, database %s), in a transaction since %s', pid, usename,
                  coalesce(nullif(application_name, ''), 'unnamed'), datname, xact_start::timestamptz(0)) AS who
    FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()
    UNION ALL
    SELECT format('prepared transaction %L (%s, database %s), since %s', gid, owner, database, prepared::timestamptz(0))
    FROM pg_prepared_xacts`);
  const blockers = rows.map(({ who }) => who).join('; ') || 'a transaction that has ended since';
  return new PreconditionError(
    `setup waited ${LOCK_TIMEOUT} and gave up at: ${sql}. It is held up by ${blockers}`,
    {
      cause,
      remedy:
        'End those transactions (COMMIT, ROLLBACK, ROLLBACK PREPARED, or pg_terminate_backend) and run setup again. What was done so far stays.',
    },
  );
}
