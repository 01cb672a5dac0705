import { connect } from '../database/connection.ts';
import { postgresFailure } from '../database/failures.ts';
import { EXIT, UnavailableError } from '../errors.ts';

export type Connection = Awaited<ReturnType<typeof connect>>;

/** One attempt to connect, for commands that do not wait. Rejects with a Wal2AlgoliaError. */
export async function connectOnce(
  url: string,
  applicationName: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<Connection> {
  try {
    const client = await connect(url, { applicationName, settings });
    // A connection that is lost makes the next query fail; it must not end the process.
    client.on('error', () => undefined);
    return client;
  } catch (cause) {
    const failure = postgresFailure(cause, 'connecting to Postgres');
    if (failure.exitCode !== EXIT.unavailable) throw failure;
    throw new UnavailableError(failure.message, {
      cause,
      remedy: 'Check that Postgres is running, and that DATABASE_URL leads to it.',
    });
  }
}
