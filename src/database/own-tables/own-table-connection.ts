import type { Client } from 'pg';
import { closed, connect } from '../connection.ts';
import { WALSENDER_NAME } from '../server.ts';

export type OwnTableConnection = {
  /** Stands behind our name where the server lists its connections. */
  readonly purpose: string;
  /** `on` for what must survive whatever the confirmation of a position survives. */
  readonly synchronousCommit: 'on' | 'local';
};

/** The server gives up first. */
const QUERY_TIMEOUT_MS = 25_000;

/** For whoever writes to a table of ours, whatever is set for the role; the caller ends it. Rejects with `pg`'s error. */
export function connectToOwnTable(
  url: string,
  { purpose, synchronousCommit }: OwnTableConnection,
): Promise<Client> {
  return connect(url, {
    applicationName: `${WALSENDER_NAME} ${purpose}`,
    settings: {
      synchronous_commit: synchronousCommit,
      default_transaction_read_only: 'off',
      lock_timeout: '5s',
      statement_timeout: '20s',
    },
    queryTimeoutMs: QUERY_TIMEOUT_MS,
  });
}

/** Does `work` on a connection of its own. Rejects as `work` does, and with `pg`'s error. */
export async function withOwnTable<T>(
  url: string,
  options: OwnTableConnection,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await connectToOwnTable(url, options);
  try {
    return await work(client);
  } finally {
    await closed(client);
  }
}
