import type { Socket } from 'node:net';

/** What the network is like at the moment; nothing said means that all passes at once. */
export type Conditions = {
  /** Nothing passes, in either direction, and nobody is told: a half-open connection. What was sent arrives later, as TCP has it. */
  readonly isFrozen?: boolean;
  /** Whoever connects is reset. */
  readonly refuses?: boolean;
  readonly delayMs?: number;
  readonly bytesPerSecond?: number;
};

type Waiting = { readonly bytes: Buffer; readonly dueAtMs: number };

/** More than that waits in the sender's socket: the sender feels it, as on a slow line. */
const WAITING_BYTES_MAX = 262_144;

/** One direction of a connection: bytes pass in order, under the conditions of the moment. */
export class TcpLane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #conditions: () => Conditions;
  readonly #onEnd: () => void;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** When the line has carried all that was put on it. */
  #freeAtMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #hasEnded = false;

  /** `onEnd` is called once the sender is gone and everything it sent has passed. */
  constructor(from: Socket, to: Socket, conditions: () => Conditions, onEnd: () => void) {
    this.#from = from;
    this.#to = to;
    this.#conditions = conditions;
    this.#onEnd = onEnd;
    to.on('drain', () => this.move());
  }

  add(bytes: Buffer): void {
    const { delayMs = 0, bytesPerSecond } = this.#conditions();
    const nowMs = performance.now();
    const carryingMs = bytesPerSecond === undefined ? 0 : (bytes.length / bytesPerSecond) * 1_000;
    this.#freeAtMs = Math.max(nowMs, this.#freeAtMs) + carryingMs;
    this.#waiting.push({ bytes, dueAtMs: Math.max(nowMs + delayMs, this.#freeAtMs) });
    this.#waitingBytes += bytes.length;
    this.move();
  }

  /** The sender sends no more. */
  end(): void {
    this.#hasEnded = true;
    this.move();
  }

  /** Everything that is late is due now. */
  mend(): void {
    const nowMs = performance.now();
    this.#freeAtMs = nowMs;
    this.#waiting = this.#waiting.map(({ bytes }) => ({ bytes, dueAtMs: nowMs }));
    this.move();
  }

  /** Passes on what is due, and stops or starts the sender. */
  move(): void {
    clearTimeout(this.#timer);
    if (this.#conditions().isFrozen) {
      this.#from.pause();
      return;
    }
    const nowMs = performance.now();
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      if (this.#to.writableNeedDrain) break;
      if (first.dueAtMs > nowMs) {
        this.#timer = setTimeout(() => this.move(), first.dueAtMs - nowMs);
        break;
      }
      this.#waiting.shift();
      this.#waitingBytes -= first.bytes.length;
      this.#to.write(first.bytes);
    }
    if (this.#waitingBytes > WAITING_BYTES_MAX) this.#from.pause();
    else this.#from.resume();
    if (this.#hasEnded && this.#waiting.length === 0) this.#onEnd();
  }

  /** What has not passed never does. */
  drop(): void {
    clearTimeout(this.#timer);
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}
