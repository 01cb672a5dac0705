import { EXIT, SessionLostError, Wal2AlgoliaError } from '../../errors.ts';
import { type Connection, connectOnce } from '../connection.ts';
import { stopped } from '../stopped.ts';

const PAUSE_MIN_MS = 100;
const PAUSE_MAX_MS = 5_000;

/** `signal` is aborted when it is not needed any more. */
type Prepare = (client: Connection, signal: AbortSignal) => Promise<void>;

/** A connection that is made anew when it is lost. */
export class LastingConnection {
  readonly #url: string;
  readonly #applicationName: string;
  readonly #signal: AbortSignal;
  readonly #closing = new AbortController();
  readonly #failing = new AbortController();
  #prepare: Prepare = async () => undefined;
  #client: Promise<Connection>;

  private constructor(url: string, applicationName: string, signal: AbortSignal) {
    this.#url = url;
    this.#applicationName = applicationName;
    this.#signal = AbortSignal.any([signal, this.#closing.signal]);
    this.#client = this.#made();
  }

  /** Rejects with a Wal2AlgoliaError when it cannot be had at once. A lost one is made anew until `signal` is aborted. */
  static async open(url: string, applicationName: string, signal: AbortSignal): Promise<LastingConnection> {
    const lasting = new LastingConnection(url, applicationName, signal);
    await lasting.#client;
    return lasting;
  }

  /** Aborted when no waiting brings it back, with the error as the reason. */
  get failed(): AbortSignal {
    return this.#failing.signal;
  }

  /** Resolves with one that was alive a moment ago; rejects with a Wal2AlgoliaError when there will be none. */
  client(): Promise<Connection> {
    return this.#client;
  }

  /** What is to be done with each that is made anew, before anything else. */
  onAgain(prepare: Prepare): void {
    this.#prepare = prepare;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#client.then((client) => client.end()).catch(() => undefined);
  }

  async #made(): Promise<Connection> {
    const client = await connectOnce(this.#url, this.#applicationName);
    try {
      await this.#prepare(client, this.#signal);
    } catch (error) {
      if (!(error instanceof SessionLostError)) this.#failing.abort(error);
      await client.end().catch(() => undefined);
      throw error;
    }
    client.once('end', () => {
      if (this.#signal.aborted) return;
      this.#client = this.#madeAgain();
      // Whoever asks for it hears of it.
      this.#client.catch(() => undefined);
    });
    return client;
  }

  async #madeAgain(): Promise<Connection> {
    for (let pauseMs = PAUSE_MIN_MS; ; pauseMs = Math.min(PAUSE_MAX_MS, 2 * pauseMs)) {
      await stopped(this.#signal, pauseMs * (0.5 + Math.random() / 2));
      if (this.#signal.aborted) throw new SessionLostError('the connection to Postgres is lost');
      try {
        return await this.#made();
      } catch (error) {
        const isPassing = error instanceof Wal2AlgoliaError && error.exitCode === EXIT.unavailable;
        if (!isPassing) this.#failing.abort(error);
        if (this.failed.aborted) throw error;
      }
    }
  }
}
