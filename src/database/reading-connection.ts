import type { Client } from 'pg';
import { SessionLostError } from '../errors.ts';
import { closed, connect } from './connection.ts';

/** Only names that say where they are, rows that nobody filters for us, and an index rather than a walk over the table. */
const SETTINGS = {
  search_path: '',
  row_security: 'off',
  default_transaction_read_only: 'on',
  lock_timeout: '10s',
  enable_seqscan: 'off',
  // A reader that was frozen or cut off must not keep its lock, nor go on with what nobody waits for.
  statement_timeout: '60s',
  idle_in_transaction_session_timeout: '60s',
};
/** The server gives up first. */
const QUERY_TIMEOUT_MS = 70_000;

/** An ordinary connection on which rows are read. It is made when it is first needed. */
export class ReadingConnection {
  readonly #url: string;
  readonly #applicationName: string;
  readonly #settings: Readonly<Record<string, string>>;
  readonly #queryTimeoutMs: number;
  #client: Promise<Client> | undefined;
  #closed = false;

  /** `settings` take the place of those that reading by key needs. */
  constructor(
    url: string,
    applicationName: string,
    settings: Readonly<Record<string, string>> = {},
    queryTimeoutMs = QUERY_TIMEOUT_MS,
  ) {
    this.#url = url;
    this.#applicationName = applicationName;
    this.#settings = { ...SETTINGS, ...settings };
    this.#queryTimeoutMs = queryTimeoutMs;
  }

  connected(): Promise<Client> {
    if (this.#closed) return Promise.reject(new SessionLostError('the session is over'));
    this.#client ??= connect(this.#url, {
      applicationName: this.#applicationName,
      settings: this.#settings,
      queryTimeoutMs: this.#queryTimeoutMs,
    }).catch((error: unknown) => {
      // Whoever needs it next tries again.
      this.#client = undefined;
      throw error;
    });
    return this.#client;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#client?.then(closed, () => undefined);
  }
}
