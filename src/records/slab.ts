const SLAB_BYTES = 256 * 1024;
/** Up to here a loop is faster than the call that copies; for a part of a buffer, an object must be made first. */
const SET_BYTES = 24;
const SET_RANGE_BYTES = 72;

/**
 * An append-only writer of records. A record lies in one buffer from `recordStart` to `position`; a full buffer is left to those who
 * still hold operations in it and never written again. Whoever writes to `bytes` directly calls `reserve` first and reads `bytes`
 * and `position` after it, since a record that outgrows its buffer moves to another.
 */
export class Slab {
  bytes: Buffer;
  position = 0;
  recordStart = 0;
  readonly #slabBytes: number;

  constructor(slabBytes: number = SLAB_BYTES) {
    this.#slabBytes = slabBytes;
    this.bytes = Buffer.allocUnsafeSlow(slabBytes);
  }

  /** Starts a record behind the one before. */
  begin(): void {
    this.recordStart = this.position;
  }

  /** Makes room for `count` more bytes of the record. */
  reserve(count: number): void {
    if (this.position + count > this.bytes.length) this.#move(count);
  }

  /** For what is written again and again: the whole of a small buffer. */
  append(source: Uint8Array): void {
    const { length } = source;
    this.reserve(length);
    const { bytes, position } = this;
    if (length > SET_BYTES) {
      bytes.set(source, position);
    } else {
      for (let offset = 0; offset < length; offset++) bytes[position + offset] = source[offset] as number;
    }
    this.position = position + length;
  }

  appendRange(source: Uint8Array, start: number, end: number): void {
    const count = end - start;
    this.reserve(count);
    const { bytes, position } = this;
    if (count > SET_RANGE_BYTES) {
      bytes.set(source.subarray(start, end), position);
    } else {
      for (let offset = 0; offset < count; offset++)
        bytes[position + offset] = source[start + offset] as number;
    }
    this.position = position + count;
  }

  appendByte(byte: number): void {
    this.reserve(1);
    this.bytes[this.position++] = byte;
  }

  #move(count: number): void {
    const written = this.position - this.recordStart;
    const needed = written + count;
    const moved = Buffer.allocUnsafeSlow(needed > this.#slabBytes ? 2 * needed : this.#slabBytes);
    this.bytes.copy(moved, 0, this.recordStart, this.position);
    this.bytes = moved;
    this.recordStart = 0;
    this.position = written;
  }
}
