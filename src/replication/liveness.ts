/** Timings of one session, derived from the server's `wal_sender_timeout`. All in milliseconds. */
export type LivenessTimings = {
  /** How often standby status is sent, with the position last confirmed. A walsender that hears nothing for its timeout hangs up. */
  readonly statusIntervalMs: number;
  /** Silence after which the server is taken for gone. */
  readonly silenceMs: number;
  /** How old a proof of ownership may be when a write attempt starts. */
  readonly proofMaxAgeMs: number;
};

/** 0 switches the server's timeout off; then the server's default of a minute serves us. */
const TIMEOUT_DISABLED_MS = 60_000;
const STATUS_INTERVAL_MAX_MS = 10_000;

/** https://www.postgresql.org/docs/current/runtime-config-replication.html#GUC-WAL-SENDER-TIMEOUT */
export function livenessTimings(walSenderTimeoutMs: number): LivenessTimings {
  const timeoutMs = walSenderTimeoutMs === 0 ? TIMEOUT_DISABLED_MS : walSenderTimeoutMs;
  return {
    statusIntervalMs: Math.min(timeoutMs / 3, STATUS_INTERVAL_MAX_MS),
    silenceMs: timeoutMs,
    proofMaxAgeMs: timeoutMs / 2,
  };
}

/**
 * What a status tick finds. Silence counts only while we read, and only when a question of ours went unanswered:
 * a process that was frozen wakes up with an old clock and a full socket.
 */
export function judgeSilence(facts: {
  readonly silentMs: number;
  readonly reading: boolean;
  readonly questionsUnanswered: number;
  readonly timings: LivenessTimings;
}): 'alive' | 'ask' | 'gone' {
  const { silentMs, reading, questionsUnanswered, timings } = facts;
  if (!reading) return 'alive';
  if (silentMs >= timings.silenceMs && questionsUnanswered >= 2) return 'gone';
  return silentMs >= timings.statusIntervalMs / 2 ? 'ask' : 'alive';
}

const REPLY_INTERVAL_MIN_MS = 1_000;
const STORM_KEEPALIVES = 20;
const STORM_WINDOW_MS = 1_000;

/**
 * Decides which requested replies are sent. A server that shuts down waits for our confirmation and asks for it in a busy loop:
 * answering each one would keep both busy for ever, so replies come at most once a second, and such a storm
 * says that the server is leaving.
 */
export class ReplyPolicy {
  #repliedAtMs = Number.NEGATIVE_INFINITY;
  #windowStartedAtMs = Number.NEGATIVE_INFINITY;
  #requestsInWindow = 0;

  onReplyRequested(nowMs: number): 'reply' | 'hold' | 'server-leaving' {
    if (nowMs - this.#windowStartedAtMs >= STORM_WINDOW_MS) {
      this.#windowStartedAtMs = nowMs;
      this.#requestsInWindow = 0;
    }
    this.#requestsInWindow += 1;
    if (this.#requestsInWindow >= STORM_KEEPALIVES) return 'server-leaving';
    if (nowMs - this.#repliedAtMs < REPLY_INTERVAL_MIN_MS) return 'hold';
    this.#repliedAtMs = nowMs;
    return 'reply';
  }
}
