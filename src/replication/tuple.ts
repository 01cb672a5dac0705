import { ProtocolError } from '../errors.ts';
import { COLUMN_NULL, COLUMN_UNCHANGED, type Tuple } from './messages.ts';

const NULL = 0x6e; // n
const UNCHANGED = 0x75; // u
const TEXT = 0x74; // t

/** A TupleData of pgoutput, read only when asked. https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html */
export class PgoutputTuple implements Tuple {
  readonly bytes: Buffer;
  readonly columnCount: number;
  readonly #start: number;

  /** `offset` points at the column count. */
  constructor(bytes: Buffer, offset: number) {
    this.bytes = bytes;
    this.columnCount = uint16(bytes, offset);
    this.#start = offset + 2;
  }

  locate(into: Int32Array): void {
    const { bytes } = this;
    let offset = this.#start;
    for (let column = 0; column < this.columnCount; column++) {
      const kind = bytes[offset++];
      if (kind === TEXT) {
        const length = uint32(bytes, offset);
        offset += 4;
        into[2 * column] = offset;
        offset += length;
        into[2 * column + 1] = offset;
      } else if (kind === NULL) {
        into[2 * column] = COLUMN_NULL;
      } else if (kind === UNCHANGED) {
        into[2 * column] = COLUMN_UNCHANGED;
      } else {
        throw new ProtocolError(`tuple column ${column} has the unknown kind ${kind}`);
      }
    }
    if (offset > bytes.length) throw truncated(bytes, offset);
  }
}

/** The offset behind the TupleData at `offset`. */
export function skipTuple(bytes: Buffer, offset: number): number {
  const columns = uint16(bytes, offset);
  let at = offset + 2;
  for (let column = 0; column < columns; column++) {
    at += bytes[at] === TEXT ? 5 + uint32(bytes, at + 1) : 1;
  }
  if (at > bytes.length) throw truncated(bytes, at);
  return at;
}

// Two- and four-byte reads by hand: Buffer's own check their arguments, which costs more than the reading.
function uint16(bytes: Buffer, offset: number): number {
  if (offset + 2 > bytes.length) throw truncated(bytes, offset + 2);
  return ((bytes[offset] as number) << 8) | (bytes[offset + 1] as number);
}

function uint32(bytes: Buffer, offset: number): number {
  if (offset + 4 > bytes.length) throw truncated(bytes, offset + 4);
  return (
    (((bytes[offset] as number) << 24) |
      ((bytes[offset + 1] as number) << 16) |
      ((bytes[offset + 2] as number) << 8) |
      (bytes[offset + 3] as number)) >>>
    0
  );
}

function truncated(bytes: Buffer, needed: number): ProtocolError {
  return new ProtocolError(`a tuple needs ${needed} bytes, its message has ${bytes.length}`);
}
