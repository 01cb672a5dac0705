const SLAB_BYTES = 256 * 1024;
/** Up to here a loop is faster than the call that copies; for a part of a buffer, an object must be made first. */
const WORDS_BYTES = 48;
const LOOP_BYTES = 72;
const COMMA = 0x2c;

/** Bytes known beforehand. Short ones are written in words of four: a third of the time that single bytes take. */
export class Constant {
  readonly bytes: Buffer;
  /** The last one may hold zeros behind the end; undefined for what is copied. */
  readonly words: Int32Array | undefined;

  constructor(text: string | Buffer) {
    this.bytes = typeof text === 'string' ? Buffer.from(text) : text;
    this.words = this.bytes.length > WORDS_BYTES ? undefined : words(this.bytes);
  }
}

function words(bytes: Buffer): Int32Array {
  const padded = Buffer.concat([bytes, Buffer.alloc(3)]);
  return Int32Array.from({ length: padded.length >> 2 }, (_, index) => padded.readInt32LE(4 * index));
}

/**
 * An append-only writer of records. A record lies in one buffer from `recordStart` to `position`; a full buffer is left to those who
 * still hold operations in it, and written again only once it is released. Whoever writes to `bytes` directly calls `reserve` first and reads `bytes`
 * and `position` after it, since a record that outgrows its buffer moves to another.
 */
export class Slab {
  bytes: Buffer;
  view: DataView;
  position = 0;
  recordStart = 0;
  readonly #slabBytes: number;
  /** In front of the record. */
  #commaBytes = 0;
  /** In the order in which they became full. */
  #full: Buffer[] = [];
  readonly #free: Buffer[] = [];

  constructor(slabBytes: number = SLAB_BYTES) {
    this.#slabBytes = slabBytes;
    this.bytes = Buffer.allocUnsafeSlow(slabBytes);
    this.view = viewOf(this.bytes);
  }

  /** Starts a record behind the one before, and behind the comma that stands between them in a request: many are then copied as one. */
  begin(): void {
    this.recordStart = this.position;
    this.#commaBytes = 0;
    if (this.position === 0) return;
    this.appendByte(COMMA);
    this.#commaBytes = 1;
    this.recordStart += 1;
  }

  /** Bytes of the record so far. */
  get length(): number {
    return this.position - this.recordStart;
  }

  /** Takes back what was written of the record behind its first `length` bytes; of a whole one nothing is left. */
  takeBack(length = 0): void {
    this.position = this.recordStart + (length === 0 ? -this.#commaBytes : length);
  }

  /** Makes room for `count` more bytes of the record. */
  reserve(count: number): void {
    if (this.position + count > this.bytes.length) this.#move(count);
  }

  append(constant: Constant): void {
    const { bytes, words } = constant;
    const { length } = bytes;
    // Words may reach beyond the constant, to where the next bytes will be.
    this.reserve(length + 3);
    const { position, view } = this;
    if (words === undefined) {
      this.bytes.set(bytes, position);
    } else {
      for (let index = 0; index < words.length; index++) {
        view.setInt32(position + 4 * index, words[index] as number, true);
      }
    }
    this.position = position + length;
  }

  appendRange(source: Uint8Array, start: number, end: number): void {
    const count = end - start;
    this.reserve(count);
    const { bytes, position } = this;
    if (count > LOOP_BYTES) {
      bytes.set(source.subarray(start, end), position);
    } else {
      for (let offset = 0; offset < count; offset++)
        bytes[position + offset] = source[start + offset] as number;
    }
    this.position = position + count;
  }

  appendText(text: string): void {
    // No character takes more than three bytes per unit of UTF-16.
    this.reserve(3 * text.length);
    this.position += this.bytes.write(text, this.position);
  }

  appendByte(byte: number): void {
    this.reserve(1);
    this.bytes[this.position++] = byte;
  }

  /**
   * Nobody needs what lies in buffers older than this one any more; they will be used again. The garbage collector would do the same,
   * but only after as much garbage as it thinks the machine can bear.
   */
  release(until: Buffer): void {
    const place = this.#full.indexOf(until);
    const count = place === -1 ? this.#full.length : place;
    this.#free.push(...this.#full.slice(0, count).filter(({ length }) => length === this.#slabBytes));
    this.#full = this.#full.slice(count);
  }

  #move(count: number): void {
    const written = this.position - this.recordStart;
    const needed = written + count;
    const moved = needed > this.#slabBytes ? Buffer.allocUnsafeSlow(2 * needed) : this.#empty();
    this.#full.push(this.bytes);
    this.bytes.copy(moved, 0, this.recordStart, this.position);
    this.bytes = moved;
    this.view = viewOf(moved);
    this.recordStart = 0;
    this.#commaBytes = 0;
    this.position = written;
  }

  #empty(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#slabBytes);
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
