import type { Blindness, Observation } from '../database/open-transactions.ts';
import type { Lsn } from '../lsn.ts';

/**
 * A transaction takes its time a moment before others can see that it is open, and the clocks of two servers differ a little: nothing is
 * called closed that is younger.
 */
export const MARGIN_MICROS = 1_000_000n;

/**
 * Until when nothing can come any more. One moment is looked at: which transactions are open, and then where the WAL ends. What was not
 * open has its commit before that end, so once the index has everything up to there, whatever began before the oldest open transaction is in
 * it. Never goes back, and never beyond this process's own clock: a server whose clock leaps ahead would close what has not happened yet.
 */
export class Closing {
  #closedMicros: bigint | undefined;
  /** The latest moment at which it was known what was open: a transaction that has been prepared since began no earlier. */
  #seenMicros: bigint | undefined;
  #openSinceMicros: bigint | undefined;
  #blind: Blindness | undefined;
  #prepared = new Map<string, bigint | undefined>();
  #pending: { readonly untilMicros: bigint; readonly lsn: Lsn } | undefined;

  /** What an earlier process has proven of the same slot; later values count only. */
  learn(closedMicros: bigint | undefined): void {
    this.#closedMicros = latest(this.#closedMicros, closedMicros);
    this.#seenMicros = latest(this.#seenMicros, closedMicros);
  }

  get closedThroughMicros(): bigint | undefined {
    return this.#closedMicros;
  }

  /** When the oldest transaction began that was open at the last look; of a prepared one, no later than that. */
  get openSinceMicros(): bigint | undefined {
    return this.#openSinceMicros;
  }

  /** Why nothing can be closed at present. */
  get blind(): Blindness | undefined {
    return this.#blind;
  }

  /** A look waits for the index: another one would only be later. */
  get isWaiting(): boolean {
    return this.#pending !== undefined;
  }

  observed({ nowMicros, oldestMicros, prepared, blind, lsn }: Observation, ownMicros: bigint): void {
    this.#prepared = new Map(
      prepared.map((xid) => [xid, this.#prepared.has(xid) ? this.#prepared.get(xid) : this.#seenMicros]),
    );
    this.#blind = blind;
    const bounds = [...this.#prepared.values()];
    const known = bounds.filter((bound) => bound !== undefined);
    this.#openSinceMicros = earliest([...known, ...(oldestMicros === undefined ? [] : [oldestMicros])]);
    if (blind !== undefined || known.length < bounds.length) return;
    const clocks = [nowMicros - MARGIN_MICROS, ownMicros - MARGIN_MICROS];
    const untilMicros = earliest([
      ...clocks,
      ...(this.#openSinceMicros === undefined ? [] : [this.#openSinceMicros]),
    ]);
    if (untilMicros === undefined) return;
    this.#seenMicros = latest(this.#seenMicros, untilMicros);
    this.#pending = { untilMicros, lsn };
  }

  /** The index has everything up to here. Whether more is closed than before. */
  published(lsn: Lsn): boolean {
    if (this.#pending === undefined || lsn < this.#pending.lsn) return false;
    const before = this.#closedMicros;
    this.#closedMicros = latest(before, this.#pending.untilMicros);
    this.#pending = undefined;
    return this.#closedMicros !== before;
  }

  /** The session of the last look is over: its WAL may be another server's. */
  forget(): void {
    this.#pending = undefined;
  }
}

function earliest(times: readonly bigint[]): bigint | undefined {
  return times.reduce<bigint | undefined>(
    (first, time) => (first === undefined || time < first ? time : first),
    undefined,
  );
}

function latest(one: bigint | undefined, other: bigint | undefined): bigint | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one > other ? one : other;
}
