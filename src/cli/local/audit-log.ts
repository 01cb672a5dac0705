import { readFile } from 'node:fs/promises';
import { postgresFailure } from '../../database/failures.ts';
import { insertStatement } from '../../local/producer/insert-statement.ts';
import type { ProducerOptions } from '../../local/producer/producer.ts';
import { connectOnce } from '../connection.ts';

/** An open connection to a database with the table `public.audit_log`. */
export type AuditLog = {
  readonly insert: ProducerOptions['execute'];
  count(): Promise<number>;
  /** Every id, as text. */
  ids(): Promise<string[]>;
  /** End of the WAL that is on disk. */
  walEnd(): Promise<string>;
  close(): Promise<void>;
};

/** Makes the table where it is missing. Rejects with a Wal2AlgoliaError; so do its methods. */
export async function openAuditLog(url: string): Promise<AuditLog> {
  const client = await connectOnce(url, 'wal2algolia producer');
  const query = async <Row extends object>(
    sql: string | { text: string; values: string[] },
  ): Promise<Row[]> => {
    try {
      return (await client.query<Row>(sql)).rows;
    } catch (error) {
      throw postgresFailure(error, 'public.audit_log');
    }
  };
  const path = new URL('../../../postgres/audit-log.sql', import.meta.url);
  await query(await readFile(path, 'utf8'));
  return {
    insert: async (rows) => {
      await query(insertStatement(rows));
    },
    count: async () =>
      (await query<{ rows: number }>('SELECT count(*)::float8 AS rows FROM public.audit_log'))[0]?.rows ?? 0,
    ids: async () =>
      (await query<{ id: string }>('SELECT id::text FROM public.audit_log')).map(({ id }) => id),
    walEnd: async () =>
      (await query<{ lsn: string }>('SELECT pg_current_wal_flush_lsn()::text AS lsn'))[0]?.lsn ?? '0/0',
    close: () => client.end(),
  };
}
