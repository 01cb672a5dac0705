import type { Fault } from '../../src/local/algolia/faults.ts';
import { type Lsn, parseLsn } from '../../src/lsn.ts';
import type { Comparison } from '../support/index-comparison.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { createAuditLog } from './audit-table.ts';
import type { RunProcess } from './program-run.ts';

/** What went wrong with this build in the end: nothing, when the promises hold. */
export type Outcome = Pick<Comparison, 'missing' | 'extra' | 'differing'>;
export type Scenario = (program: string | undefined) => Promise<Outcome>;

const ALWAYS = 1_000_000;
export const ROWS = 100;

export const refused = (status: number, more: Partial<Fault> = {}): Fault =>
  ({ kind: 'refuse', status, times: ALWAYS, path: '/batch', ...more }) as Fault;

export async function auditDatabase(walSenderTimeout?: string): Promise<TestDatabase> {
  const database = await createDatabase();
  await createAuditLog(database);
  if (walSenderTimeout === undefined) return database;
  const options = encodeURIComponent(`-c wal_sender_timeout=${walSenderTimeout}`);
  return { ...database, url: `${database.url}?options=${options}` };
}

export async function walEnd({ client }: Pick<TestDatabase, 'client'>): Promise<Lsn> {
  const { rows } = await client.query<{ lsn: string }>('SELECT pg_current_wal_lsn()::text AS lsn');
  return parseLsn(rows[0]?.lsn ?? '');
}

export function outcome({ missing, extra, differing }: Comparison): Outcome {
  return { missing, extra, differing };
}

/** Its request was refused, and is to be sent again after a while. */
export function repeatsLater({ log }: RunProcess): boolean {
  const last = log.at(-1);
  const delayMs = last?.message === 'request will be sent again' ? Number(last['delayMs']) : 0;
  return delayMs >= 500 && delayMs <= 2_000;
}

export async function standsBy(run: RunProcess): Promise<boolean> {
  const { status, reason = '' } = await run.readiness();
  return status === 503 && reason.startsWith('standby');
}
