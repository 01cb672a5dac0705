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
  readonly #end: number;

  /** `offset` points at the column count; the message ends at `end`, and at least two bytes behind `offset`. */
  constructor(bytes: Buffer, offset: number, end: number) {
    this.bytes = bytes;
    this.columnCount = uint16(bytes, offset);
    this.#start = offset + 2;
    this.#end = end;
  }

  locate(into: Int32Array): void {
    const { bytes } = this;
    const places = 2 * this.columnCount;
    let offset = this.#start;
    for (let place = 0; place < places; place += 2) {
      const kind = bytes[offset++];
      if (kind === TEXT) {
        const length = uint32(bytes, offset);
        offset += 4;
        into[place] = offset;
        offset += length;
        into[place + 1] = offset;
      } else if (kind === NULL) {
        into[place] = COLUMN_NULL;
      } else if (kind === UNCHANGED) {
        into[place] = COLUMN_UNCHANGED;
      } else {
        throw new ProtocolError(`tuple column ${place / 2} has the unknown kind ${kind}`);
      }
    }
    expectEnd(offset, this.#end);
  }
}

/** The offset behind the TupleData at `offset`. */
export function skipTuple(bytes: Buffer, offset: number, end: number): number {
  const columns = uint16(bytes, offset);
  let at = offset + 2;
  for (let column = 0; column < columns; column++) {
    at += bytes[at] === TEXT ? 5 + uint32(bytes, at + 1) : 1;
  }
  expectEnd(at, end);
  return at;
}

// By hand: Buffer's own reads check their arguments, which costs more than the reading. What lies behind the end reads as zeros, and is found
// out when the whole tuple has been passed.
function uint16(bytes: Buffer, offset: number): number {
  return ((bytes[offset] as number) << 8) | (bytes[offset + 1] as number);
}

function uint32(bytes: Buffer, offset: number): number {
  return (
    (((bytes[offset] as number) << 24) |
      ((bytes[offset + 1] as number) << 16) |
      ((bytes[offset + 2] as number) << 8) |
      (bytes[offset + 3] as number)) >>>
    0
  );
}

function expectEnd(offset: number, end: number): void {
  if (offset > end) throw new ProtocolError(`a tuple is ${offset - end} bytes longer than its message`);
}
