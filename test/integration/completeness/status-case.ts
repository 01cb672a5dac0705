import type { StatusRecord } from '../../../src/completeness/status-record.ts';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { COVERAGE } from '../../../src/database/own-tables/coverage-plan.ts';
import { planOwnTable } from '../../../src/database/own-tables/own-table-plan.ts';
import type { AlgoliaServer } from '../../../src/local/algolia/server.ts';
import { createAuditLog } from '../../support/audit-log.ts';
import { createDeadLetterTable } from '../../support/dead-letter-table.ts';
import { lineConfig } from '../../support/line.ts';
import type { TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';

export const STATUS_INDEX = 'status';
export const tables = { 'public.audit_log': { index: 'audit_log' } };

/** The audit log, its slot, and the tables of our own schema. */
export async function createCase(database: TestDatabase): Promise<void> {
  await createAuditLog(database);
  await createDeadLetterTable(database);
  await createCoverage(database);
}

/** As setup makes the table, for the role that asks. */
export async function createCoverage({ client }: Pick<TestDatabase, 'client'>): Promise<void> {
  const { rows } = await client.query<{ role: string }>('SELECT current_user::text AS role');
  for (const sql of await planOwnTable(client, COVERAGE, rows[0]?.role ?? '')) await client.query(sql);
}

export function statusConfig(
  database: TestDatabase,
  server: AlgoliaServer,
  more: Partial<ConfigInput> = {},
): ConfigInput {
  const { algolia, ...rest } = more;
  return lineConfig(database, server, {
    tables,
    ...rest,
    algolia: { statusIndex: STATUS_INDEX, ...algolia },
  });
}

/** A record of the status index, as anybody finds it; undefined while there is none. */
export async function readRecord<T = StatusRecord>(
  server: AlgoliaServer,
  objectID: string,
): Promise<T | undefined> {
  const answer = await fetch(`${server.url}/1/indexes/${STATUS_INDEX}/${objectID}`, {
    headers: { 'x-algolia-application-id': server.appId, 'x-algolia-api-key': server.searchKey },
  });
  return answer.status === 404 ? undefined : ((await answer.json()) as T);
}

/** The status of the database's slot, once it fulfils a condition. */
export function statusOnce(
  database: TestDatabase,
  server: AlgoliaServer,
  description: string,
  holds: (status: StatusRecord) => boolean,
): Promise<StatusRecord> {
  return waitFor(
    async () => {
      const status = await readRecord(server, database.slot);
      return status !== undefined && holds(status) ? status : undefined;
    },
    { description: `a status record: ${description}` },
  );
}

/** The server's clock, in the form of the records. */
export async function serverTime({ client }: Pick<TestDatabase, 'client'>): Promise<string> {
  const { rows } = await client.query<{ now: string }>(
    `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS now`,
  );
  return rows[0]?.now ?? '';
}
