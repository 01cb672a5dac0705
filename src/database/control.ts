import type { Client } from 'pg';
import { type GapError, SessionLostError, type Wal2AlgoliaError } from '../errors.ts';
import { LSN_ZERO, type Lsn, parseLsn } from '../lsn.ts';
import { closed, connect } from './connection.ts';
import { postgresFailure } from './failures.ts';
import { type Observation, observeTransactions } from './open-transactions.ts';
import { type Watched, watched } from './publication/watched.ts';
import { checkStandbyNames, readServer, type Server, WALSENDER_NAME } from './server.ts';

const CHECK_INTERVAL_MAX_MS = 5_000;

export type ControlOptions = {
  readonly url: string;
  readonly applicationName: string;
  readonly slot: string;
  readonly publications: readonly string[];
  readonly plugin: string;
  /** Qualified names; what is watched in place of publications where the plugin knows none. */
  readonly tables: readonly string[];
};

type CheckRow = {
  active_pid: number | null;
  confirmed: string | null;
  fingerprint: string;
  wal_end: string;
  retained: string | null;
  standby_names: string;
};

/**
 * The ordinary connection beside a replication connection. It proves again and again that the slot is served by our walsender,
 * watches the publications, and hears of a shutdown even while the replication socket is not read.
 */
export class Control {
  readonly client: Client;
  readonly server: Server;
  readonly #options: ControlOptions;
  readonly #watched: Watched;
  readonly #checkSql: string;
  readonly #onLost = new Set<(error: Wal2AlgoliaError) => void>();
  #walsenderPid = 0;
  #proofMaxAgeMs = 0;
  #provenAt = { monotonicMs: Number.NEGATIVE_INFINITY, epochMs: Number.NEGATIVE_INFINITY };
  #checking: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lost: Wal2AlgoliaError | undefined;
  #fingerprint: string | undefined;
  #walEnd: Lsn = LSN_ZERO;
  #retainedBytes = 0;
  #closed = false;

  private constructor(client: Client, options: ControlOptions, server: Server) {
    this.client = client;
    this.server = server;
    this.#options = options;
    this.#watched = watched(options);
    this.#checkSql = `SELECT s.active_pid, s.confirmed_flush_lsn::text AS confirmed,
        ${this.#watched.fingerprintSql(server.version, '$2')} AS fingerprint,
        pg_current_wal_flush_lsn()::text AS wal_end,
        pg_wal_lsn_diff(pg_current_wal_flush_lsn(), s.restart_lsn)::text AS retained,
        current_setting('synchronous_standby_names') AS standby_names
      FROM (SELECT 1) one LEFT JOIN pg_replication_slots s ON s.slot_name = $1 AND s.database = current_database()`;
    client.on('error', (error) => this.#lose(postgresFailure(error, 'control connection')));
    client.on('end', () => this.#lose(new SessionLostError('the control connection has ended')));
  }

  /** Rejects with a Wal2AlgoliaError. `queryTimeoutMs` bounds every answer, since a half-open connection gives none. */
  static async open(options: ControlOptions, queryTimeoutMs: number): Promise<Control> {
    let client: Client | undefined;
    try {
      client = await connect(options.url, {
        applicationName: options.applicationName,
        settings: { synchronous_commit: 'local' },
        queryTimeoutMs,
      });
      return new Control(client, options, await readServer(client));
    } catch (error) {
      if (client !== undefined) await closed(client);
      throw postgresFailure(error, 'connecting to Postgres');
    }
  }

  /** End of the server's flushed WAL when it was last asked. */
  get walEnd(): Lsn {
    return this.#walEnd;
  }

  /** WAL that the server kept for the slot when it was last asked. */
  get retainedBytes(): number {
    return this.#retainedBytes;
  }

  /**
   * Remembers the publications, or the tables in their place, as they are: what is altered from here on is a gap. To be called before
   * they are looked at otherwise. Resolves with a text that is another one after any change, also one that was taken back.
   */
  async rememberWatched(): Promise<string> {
    const { rows } = await this.client.query<Pick<CheckRow, 'fingerprint' | 'wal_end'>>(
      `SELECT ${this.#watched.fingerprintSql(this.server.version, '$1')} AS fingerprint, pg_current_wal_flush_lsn()::text AS wal_end`,
      [this.#watched.names],
    );
    const fingerprint = rows[0]?.fingerprint ?? '';
    this.#walEnd = parseLsn(rows[0]?.wal_end ?? '0/0');
    this.#fingerprint = fingerprint;
    return fingerprint;
  }

  /** What it means that the fingerprint is no longer that of an earlier session, which has `confirmed` so much. */
  gapSince(confirmed: Lsn): GapError {
    return this.#watched.gap({ confirmed, lastLook: confirmed, to: this.#walEnd });
  }

  /** Starts proving that `walsenderPid` holds the slot. `onLost` is called at most once. */
  async watch(
    walsenderPid: number,
    proofMaxAgeMs: number,
    onLost: (error: Wal2AlgoliaError) => void,
  ): Promise<void> {
    this.#walsenderPid = walsenderPid;
    this.#proofMaxAgeMs = proofMaxAgeMs;
    this.#onLost.add(onLost);
    await this.#check();
    const intervalMs = Math.min(proofMaxAgeMs / 3, CHECK_INTERVAL_MAX_MS);
    this.#timer = setInterval(() => {
      this.#check().catch((error: unknown) => this.#lose(postgresFailure(error, 'control connection')));
    }, intervalMs);
  }

  /**
   * Resolves when the slot was ours within the last `proofMaxAgeMs`, after asking again if need be; rejects with the reason
   * otherwise. Every write attempt stands behind it: a process that was frozen and replaced must wake up harmless. While the walsender
   * `isSilent` it may be gone, and any older proof with it, so that it is asked in any case.
   */
  async fence(isSilent = false): Promise<void> {
    if (this.#lost !== undefined) throw this.#lost;
    const askedFrom = isSilent ? performance.now() : Number.NEGATIVE_INFINITY;
    while (this.#proofAgeMs() > this.#proofMaxAgeMs || this.#provenAt.monotonicMs < askedFrom)
      await this.#check();
  }

  /** Which transactions are open, and where the WAL ends behind that. Rejects with a Wal2AlgoliaError, which does not end the session. */
  async observe(): Promise<Observation> {
    try {
      return await observeTransactions(this.client);
    } catch (error) {
      throw postgresFailure(error, 'looking at open transactions');
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await closed(this.client);
  }

  /**
   * By the clock that counts more: the monotonic one cannot be set back, but stands still while the host is suspended; the other one
   * goes on then.
   */
  #proofAgeMs(): number {
    return Math.max(performance.now() - this.#provenAt.monotonicMs, Date.now() - this.#provenAt.epochMs);
  }

  #check(): Promise<void> {
    this.#checking ??= this.#ask().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  async #ask(): Promise<void> {
    if (this.#lost !== undefined) throw this.#lost;
    // What the answer proves was true when the question was sent at the earliest.
    const askedAt = { monotonicMs: performance.now(), epochMs: Date.now() };
    let row: CheckRow | undefined;
    try {
      const { rows } = await this.client.query<CheckRow>(this.#checkSql, [
        this.#options.slot,
        this.#watched.names,
      ]);
      row = rows[0];
    } catch (error) {
      throw this.#lose(postgresFailure(error, 'control connection'));
    }
    if (row?.active_pid !== this.#walsenderPid) {
      const holder = row?.active_pid ? `walsender ${row.active_pid}` : 'nobody';
      throw this.#lose(
        new SessionLostError(`slot "${this.#options.slot}" is held by ${holder}, not by this process`),
      );
    }
    const walEnd = parseLsn(row.wal_end);
    if (row.fingerprint !== this.#fingerprint) {
      const confirmed = parseLsn(row.confirmed ?? '0/0');
      throw this.#lose(this.#watched.gap({ confirmed, lastLook: this.#walEnd, to: walEnd }));
    }
    try {
      // Set while we stream, it makes the application wait for us from one commit to the next.
      checkStandbyNames(row.standby_names, WALSENDER_NAME);
    } catch (error) {
      throw this.#lose(postgresFailure(error, 'control connection'));
    }
    this.#walEnd = walEnd;
    this.#retainedBytes = Number(row.retained ?? 0);
    this.#provenAt = askedAt;
  }

  #lose(error: Wal2AlgoliaError): Wal2AlgoliaError {
    if (this.#lost !== undefined) return this.#lost;
    this.#lost = error;
    clearInterval(this.#timer);
    if (!this.#closed) for (const onLost of this.#onLost) onLost(error);
    return error;
  }
}
