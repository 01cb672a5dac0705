import { ProtocolError } from '../errors.ts';

const COPY_DATA = 0x64; // d
/** Its kind, and its length, which counts itself but not the kind. */
const HEADER_BYTES = 5;

export type FrameEvents = {
  /** What a CopyData message carries is `bytes[start, end)`; it may be overwritten once this has returned. */
  onCopyData(bytes: Buffer, start: number, end: number): void;
  /** Everything else, in order, in parts that may end anywhere. */
  onOther(bytes: Buffer): void;
};

/**
 * Takes the CopyData messages out of what a server sends, where they lie: only one that a read ends in is copied. pg's parser makes
 * two objects and an event of each, and moves what a read left over in front of the next one, which at full speed costs as much as decoding.
 * https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-COPYDATA
 */
export class CopyFrames {
  readonly #events: FrameEvents;
  /** A header, or a CopyData message, whose rest is to come. */
  #held: Buffer | undefined;
  #heldBytes = 0;
  /** What is to come of a message of another kind. */
  #passingBytes = 0;

  constructor(events: FrameEvents) {
    this.#events = events;
  }

  /** Throws a ProtocolError for what cannot be a message. */
  read(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#passingBytes > 0) at = this.#pass(chunk, at);
      else if (this.#held !== undefined) at = this.#fill(this.#held, chunk, at);
      else if (chunk.length - at < HEADER_BYTES) at = this.#hold(HEADER_BYTES, chunk, at);
      else if (chunk[at] === COPY_DATA) at = this.#copyData(chunk, at);
      else this.#passingBytes = messageBytes(chunk, at);
    }
  }

  #copyData(chunk: Buffer, at: number): number {
    const bytes = messageBytes(chunk, at);
    const end = at + bytes;
    if (end > chunk.length) return this.#hold(bytes, chunk, at);
    this.#events.onCopyData(chunk, at + HEADER_BYTES, end);
    return end;
  }

  #pass(chunk: Buffer, at: number): number {
    const end = Math.min(at + this.#passingBytes, chunk.length);
    this.#passingBytes -= end - at;
    this.#events.onOther(chunk.subarray(at, end));
    return end;
  }

  #hold(bytes: number, chunk: Buffer, at: number): number {
    this.#held = Buffer.allocUnsafeSlow(bytes);
    this.#heldBytes = 0;
    return this.#fill(this.#held, chunk, at);
  }

  #fill(held: Buffer, chunk: Buffer, at: number): number {
    const copied = chunk.copy(held, this.#heldBytes, at);
    this.#heldBytes += copied;
    if (this.#heldBytes === held.length) this.#release(held);
    return at + copied;
  }

  /** A header that is whole says how much belongs to it. */
  #release(held: Buffer): void {
    this.#held = undefined;
    const bytes = messageBytes(held, 0);
    if (held[0] !== COPY_DATA) {
      this.#events.onOther(held);
      this.#passingBytes = bytes - HEADER_BYTES;
    } else if (bytes > held.length) {
      this.#hold(bytes, held, 0);
    } else {
      this.#events.onCopyData(held, HEADER_BYTES, bytes);
    }
  }
}

function messageBytes(bytes: Buffer, at: number): number {
  const length = bytes.readInt32BE(at + 1);
  if (length < HEADER_BYTES - 1) throw new ProtocolError(`the server sent a message of ${length} bytes`);
  return 1 + length;
}
