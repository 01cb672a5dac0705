/** Stands once in what each record is sent with; no row of ours has it as a value. */
const MARK = Buffer.from('"updateObject"');
const SEAM = MARK.length - 1;

/** Counts the records of one request in the chunks in which it comes: without parsing them, which would cost more than all the rest. */
export class RecordCounter {
  #count = 0;
  /** The end of what came before, in which a mark may have begun. */
  #tail: Buffer = Buffer.alloc(0);

  get count(): number {
    return this.#count;
  }

  add(chunk: Buffer): void {
    this.#count += occurrences(Buffer.concat([this.#tail, chunk.subarray(0, SEAM)])) + occurrences(chunk);
    const end = chunk.length >= SEAM ? chunk : Buffer.concat([this.#tail, chunk]);
    this.#tail = Buffer.from(end.subarray(Math.max(0, end.length - SEAM)));
  }
}

function occurrences(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(MARK); at !== -1; at = bytes.indexOf(MARK, at + MARK.length)) count += 1;
  return count;
}
