import { Bitset } from './bitset.ts';

const CHUNK_BYTES = 4 * 1024 * 1024;
/** Below this many dead slots, sweeping is not worth a copy. */
const DEAD_MIN = 1024;

/**
 * The records of one index as their own JSON text, outside the heap. A slot never changes once it is filled: a new version of
 * a record takes a new slot and the old one dies, so whatever was derived from slots only ever has to be extended.
 */
export class RecordStore {
  #slotOf = new Map<string, number>();
  #objectIDs: (string | undefined)[] = [];
  #sequences: number[] = [];
  #chunks: Buffer[] = [];
  #chunkOf: number[] = [];
  #starts: number[] = [];
  #ends: number[] = [];
  #free = 0;
  #alive = new Bitset();
  #bytes = 0;
  #nextSequence = 1;

  /** How many slots were handed out, dead ones included. */
  get slots(): number {
    return this.#objectIDs.length;
  }

  get records(): number {
    return this.#slotOf.size;
  }

  /** Of the living records' text. */
  get bytes(): number {
    return this.#bytes;
  }

  get alive(): Bitset {
    return this.#alive;
  }

  slotOf(objectID: string): number | undefined {
    return this.#slotOf.get(objectID);
  }

  objectID(slot: number): string | undefined {
    return this.#objectIDs[slot];
  }

  /** A view, valid until the store is swept: copy what must live longer. */
  record(slot: number): Buffer {
    const chunk = this.#chunks[this.#chunkOf[slot] ?? -1];
    if (chunk === undefined) throw new RangeError(`slot ${slot} was never filled`);
    return chunk.subarray(this.#starts[slot], this.#ends[slot]);
  }

  /** Ascends with the slots and stays with the record's version when slots are renumbered. */
  sequence(slot: number): number {
    return this.#sequences[slot] ?? 0;
  }

  set(objectID: string, record: Buffer): void {
    this.delete(objectID);
    this.#append(objectID, record, this.#nextSequence);
    this.#nextSequence += 1;
  }

  delete(objectID: string): boolean {
    const slot = this.#slotOf.get(objectID);
    if (slot === undefined) return false;
    this.#slotOf.delete(objectID);
    this.#objectIDs[slot] = undefined;
    this.#alive.delete(slot);
    this.#bytes -= (this.#ends[slot] ?? 0) - (this.#starts[slot] ?? 0);
    return true;
  }

  clear(): void {
    this.#reset();
  }

  /** Drops dead slots once they are the majority; true means that slots were renumbered and what was derived is void. */
  sweep(): boolean {
    const dead = this.slots - this.records;
    if (dead < DEAD_MIN || dead < this.records) return false;
    const { chunks, chunkOf, starts, ends } = this.#text();
    const objectIDs = this.#objectIDs;
    const sequences = this.#sequences;
    this.#reset();
    objectIDs.forEach((objectID, slot) => {
      const chunk = chunks[chunkOf[slot] ?? -1];
      if (objectID === undefined || chunk === undefined) return;
      this.#append(objectID, chunk.subarray(starts[slot], ends[slot]), sequences[slot] ?? 0);
    });
    return true;
  }

  #text() {
    return { chunks: this.#chunks, chunkOf: this.#chunkOf, starts: this.#starts, ends: this.#ends };
  }

  #reset(): void {
    this.#slotOf = new Map();
    this.#objectIDs = [];
    this.#sequences = [];
    this.#chunks = [];
    this.#chunkOf = [];
    this.#starts = [];
    this.#ends = [];
    this.#free = 0;
    this.#alive = new Bitset();
    this.#bytes = 0;
  }

  #append(objectID: string, record: Buffer, sequence: number): void {
    const slot = this.#objectIDs.length;
    let chunk = this.#chunks.at(-1);
    if (chunk === undefined || this.#free + record.length > chunk.length) {
      chunk = Buffer.allocUnsafeSlow(
        Math.max(record.length, this.#chunks.length === 0 ? 64 * 1024 : CHUNK_BYTES),
      );
      this.#chunks.push(chunk);
      this.#free = 0;
    }
    chunk.set(record, this.#free);
    this.#chunkOf.push(this.#chunks.length - 1);
    this.#starts.push(this.#free);
    this.#free += record.length;
    this.#ends.push(this.#free);
    this.#objectIDs.push(objectID);
    this.#sequences.push(sequence);
    this.#slotOf.set(objectID, slot);
    this.#alive.add(slot);
    this.#bytes += record.length;
  }
}
