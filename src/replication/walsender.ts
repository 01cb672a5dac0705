import type { Client, ClientConfig } from 'pg';
import { Observable, type Subscriber } from 'rxjs';
import { postgresFailure } from '../database/failures.ts';
import { ProtocolError, SessionLostError } from '../errors.ts';
import { formatLsn, LSN_ZERO, type Lsn } from '../lsn.ts';
import { LATE, withinMs } from '../time-limit.ts';
import { judgeSilence, type LivenessTimings, ReplyPolicy } from './liveness.ts';
import type { WalMessage } from './messages.ts';
import type { Decode } from './output-plugin.ts';
import { ReadPace } from './read-pace.ts';
import { type Start, Transport } from './transport.ts';

/** A connection whose peer is gone never closes by itself: after this we cut it. */
const CLOSE_TIMEOUT_MS = 2_000;
/** From connecting to START_REPLICATION's answer. */
const OPEN_TIMEOUT_MS = 30_000;

/** Why the socket is not being read: the pipeline is full, a short wait for larger reads, or nobody has subscribed yet. */
type PauseReason = 'backpressure' | 'patience' | 'unsubscribed';

/**
 * One walsender session: what it sends, in wire order, and the one way to confirm. It is used once: whatever ends it,
 * the next session is a new object on a new connection.
 */
export class Walsender {
  readonly #transport: Transport;
  readonly #timings: LivenessTimings;
  readonly #decode: Decode;
  readonly #pace = new ReadPace();
  readonly #replies = new ReplyPolicy();
  readonly #pausedBy = new Set<PauseReason>(['unsubscribed']);
  #run: WalMessage[] = [];
  #subscriber: Subscriber<readonly WalMessage[]> | undefined;
  #end: { readonly error: unknown } | undefined;
  #statusTimer: NodeJS.Timeout | undefined;
  #patienceTimer: NodeJS.Timeout | undefined;
  #heardAtMs = performance.now();
  #questionsUnanswered = 0;
  #receivedLsn: Lsn = LSN_ZERO;
  #receivedCommit = false;
  #confirmedLsn: Lsn = LSN_ZERO;
  #closed = false;

  constructor(clientConfig: ClientConfig, timings: LivenessTimings, decode: Decode) {
    this.#timings = timings;
    this.#decode = decode;
    this.#transport = new Transport(clientConfig, {
      onMessage: (bytes, start, end) => this.#onMessage(bytes, start, end),
      onKeepalive: (walEnd, replyRequested) => this.#onKeepalive(walEnd, replyRequested),
      onReadEnd: () => this.#onReadEnd(),
    });
  }

  /** Connects and starts; rejects with the server's error. Nothing is read before `messages` has its subscriber. */
  async open<T extends Start>(slot: string, prepare: (client: Client) => Promise<T>): Promise<T> {
    const start = await withinMs(OPEN_TIMEOUT_MS, this.#transport.open(slot, prepare));
    if (start === LATE) throw new SessionLostError('the server did not start replication in time');
    this.#confirmedLsn = start.startLsn;
    this.#transport.ended.then(
      () => this.#finish(undefined),
      (error) => this.#finish(error),
    );
    this.#statusTimer = setInterval(() => this.#onStatusTick(), this.#timings.statusIntervalMs);
    return start;
  }

  /**
   * What each socket read brought, as one run; its tuples are valid until the synchronous delivery returns. One subscriber.
   * Completes when the server is leaving or after `close`, errors when the connection is lost.
   */
  readonly messages = new Observable<readonly WalMessage[]>((subscriber) => {
    if (this.#end !== undefined) {
      subscriber.error(this.#end.error);
      return;
    }
    this.#subscriber = subscriber;
    this.#heardAtMs = performance.now();
    this.#deliver();
    this.#resume('unsubscribed');
    subscriber.add(() => {
      this.#subscriber = undefined;
      this.#pause('unsubscribed');
    });
  });

  get pid(): number {
    return this.#transport.walsenderPid;
  }

  /** End of the WAL that has reached us. */
  get receivedLsn(): Lsn {
    return this.#receivedLsn;
  }

  /** Whether a transaction has reached us: then the server has decoded something. */
  get receivedCommit(): boolean {
    return this.#receivedCommit;
  }

  get confirmedLsn(): Lsn {
    return this.#confirmedLsn;
  }

  /** Nothing was heard for so long that it may be gone: because it is, or because we are not reading. */
  get isSilent(): boolean {
    return performance.now() - this.#heardAtMs > this.#timings.statusIntervalMs;
  }

  /** Tells Postgres that everything before `lsn` is in the index. Positions at or before the last one are ignored. */
  confirm(lsn: Lsn): void {
    if (lsn <= this.#confirmedLsn) return;
    if (lsn > this.#receivedLsn) {
      // The server would take it, and skip what it has not sent yet.
      throw new ProtocolError(
        `${formatLsn(lsn)} was to be confirmed, but only ${formatLsn(this.#receivedLsn)} was received`,
      );
    }
    this.#confirmedLsn = lsn;
    this.#sendStatus(false);
  }

  pause(): void {
    this.#pause('backpressure');
  }

  resume(): void {
    this.#resume('backpressure');
  }

  /** Ends the session with this error, found on another way. */
  fail(error: unknown): void {
    this.#finish(error);
  }

  /** Sends what was confirmed last and ends the connection. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#statusTimer);
    clearTimeout(this.#patienceTimer);
    this.#run = [];
    // A paused socket would never see the server's answer.
    this.#transport.resume();
    this.#transport.endCopy();
    await withinMs(
      CLOSE_TIMEOUT_MS,
      this.#transport.ended.catch(() => undefined),
    );
    await withinMs(
      CLOSE_TIMEOUT_MS,
      this.#transport.stop().catch(() => undefined),
    );
    this.#transport.cut();
  }

  #onMessage(bytes: Buffer, start: number, end: number): void {
    if (this.#end !== undefined || this.#closed) return;
    try {
      this.#decode(bytes, start, end, this.#run);
      const message = this.#run.at(-1);
      if (message?.tag !== 'commit') return;
      this.#receivedCommit = true;
      if (message.endLsn > this.#receivedLsn) this.#receivedLsn = message.endLsn;
    } catch (error) {
      // A throw in a socket callback would end the process.
      this.#finish(error);
    }
  }

  #onKeepalive(walEnd: Lsn, replyRequested: boolean): void {
    if (this.#end !== undefined || this.#closed) return;
    if (walEnd > this.#receivedLsn) this.#receivedLsn = walEnd;
    this.#run.push({ tag: 'keepalive', walEnd, replyRequested });
    if (!replyRequested) return;
    const decision = this.#replies.onReplyRequested(performance.now());
    if (decision === 'reply') this.#sendStatus(false);
    if (decision === 'server-leaving') {
      // Take no more: the pipeline drains what it has and lets the connection go.
      this.#deliver();
      this.#subscriber?.complete();
    }
  }

  #onReadEnd(): void {
    this.#heardAtMs = performance.now();
    this.#questionsUnanswered = 0;
    this.#deliver();
    const waitMs = this.#pausedBy.size > 0 ? 0 : this.#pace.afterRead(this.#heardAtMs);
    if (waitMs === 0 || this.#closed) return;
    this.#pause('patience');
    this.#patienceTimer = setTimeout(() => this.#resume('patience'), waitMs);
  }

  #deliver(): void {
    if (this.#subscriber === undefined || this.#run.length === 0) return;
    const run = this.#run;
    this.#run = [];
    this.#subscriber.next(run);
  }

  #onStatusTick(): void {
    const nowMs = performance.now();
    const verdict = judgeSilence({
      silentMs: nowMs - this.#heardAtMs,
      reading: this.#pausedBy.size === 0 || this.#pausedBy.has('patience'),
      questionsUnanswered: this.#questionsUnanswered,
      timings: this.#timings,
    });
    if (verdict === 'gone') {
      this.#finish(new SessionLostError('the server has not answered on the replication connection'));
      return;
    }
    if (verdict === 'ask') this.#questionsUnanswered += 1;
    this.#sendStatus(verdict === 'ask');
  }

  #sendStatus(requestReply: boolean): void {
    if (!this.#closed) this.#transport.sendStatus(this.#confirmedLsn, requestReply);
  }

  #finish(error: unknown): void {
    if (this.#end !== undefined) return;
    const ended = error ?? new SessionLostError('the replication stream has ended');
    this.#end = { error: postgresFailure(ended, 'replication stream') };
    clearInterval(this.#statusTimer);
    if (this.#closed) this.#subscriber?.complete();
    else this.#subscriber?.error(this.#end.error);
  }

  // Pausing a paused socket, or resuming a flowing one, makes a drain many times slower: only changes reach it.
  #pause(reason: PauseReason): void {
    const flowing = this.#pausedBy.size === 0;
    this.#pausedBy.add(reason);
    if (flowing && !this.#closed) this.#transport.pause();
  }

  #resume(reason: PauseReason): void {
    if (!this.#pausedBy.delete(reason) || this.#pausedBy.size > 0 || this.#closed) return;
    this.#heardAtMs = performance.now();
    this.#transport.resume();
  }
}
