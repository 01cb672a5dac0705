import type { Client, Notification } from 'pg';
import { PreconditionError } from '../errors.ts';
import { postgresFailure } from './failures.ts';
import { escaped } from './storable-text.ts';

/** https://www.postgresql.org/docs/current/sql-notify.html */
const CHANNEL = 'wal2algolia_ignored';
/** Anybody may notify. */
const HEARD_MAX = 1_000;

/** Somebody asked for rows to be read again, and whoever holds the slot does not do it. */
export type IgnoredRequest = {
  /** As it is configured; null where there are more of them than are named. */
  readonly table: string | null;
  /** Without a word of what the request has. */
  readonly reason: string;
};

type Payload = IgnoredRequest & { readonly slot: string };

/** Resolves once everybody who listens by then is going to hear of them, before what they ask later is answered. Rejects with `pg`'s error. */
export async function tellIgnored(
  client: Client,
  slot: string,
  requests: readonly IgnoredRequest[],
): Promise<void> {
  const payloads = requests.map((request) =>
    // What a request names may be in no encoding of this server.
    escaped(JSON.stringify({ slot, ...request } satisfies Payload)),
  );
  await client.query('SELECT pg_notify($1, payload) FROM unnest($2::text[]) payload', [CHANNEL, payloads]);
}

/**
 * What the holder of a slot did not do of what it was asked for, since somebody listens: told before the slot is confirmed through the request, so that
 * whoever waits for that can know by then.
 */
export class IgnoredRequests {
  readonly #client: Client;
  readonly #slot: string;
  readonly #heard: IgnoredRequest[] = [];
  readonly #hear = ({ channel, payload }: Notification): void => {
    const told = channel === CHANNEL ? payloadOf(payload) : undefined;
    if (told?.slot === this.#slot && this.#heard.length < HEARD_MAX) this.#heard.push(told);
  };

  private constructor(client: Client, slot: string) {
    this.#client = client;
    this.#slot = slot;
    client.on('notification', this.#hear);
  }

  /** To be called before anything is asked for, on a connection that is one session of the server. Rejects with a Wal2AlgoliaError. */
  static async listen(client: Client, slot: string): Promise<IgnoredRequests> {
    const requests = new IgnoredRequests(client, slot);
    await requests.#query(`LISTEN ${CHANNEL}`);
    return requests;
  }

  /**
   * To be called once the slot is confirmed through what was asked for. Rejects with a PreconditionError where a request for the table was ignored,
   * whoever had asked.
   */
  async check(table: string): Promise<void> {
    // What was told before this is asked comes before its answer.
    await this.#query('SELECT');
    const ignored = this.#heard.find((request) => request.table === null || request.table === table);
    if (ignored === undefined) return;
    throw new PreconditionError(
      `${table}: the pipeline that holds slot "${this.#slot}" did not read all rows that it was asked for: ${ignored.reason}`,
      {
        remedy:
          'Run `wal2algolia setup`, which grants the role of `run` SELECT on the columns (one that row security filters needs BYPASSRLS), or start the pipeline with the configuration of this command; its log has a warning. Then run this again.',
      },
    );
  }

  close(): void {
    this.#client.off('notification', this.#hear);
  }

  async #query(sql: string): Promise<void> {
    try {
      await this.#client.query(sql);
    } catch (error) {
      throw postgresFailure(error, 'looking at what the holder of the slot ignores');
    }
  }
}

function payloadOf(text: string | undefined): Payload | undefined {
  try {
    return JSON.parse(text ?? '') as Payload;
  } catch {
    return undefined;
  }
}
