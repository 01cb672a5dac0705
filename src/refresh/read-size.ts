import type { Refresh } from '../records/operations.ts';

/** Of rows that all turn out to be as large as they may be, Postgres sends no more than this in vain. */
const WASTED_BYTES_MAX = 500_000_000;

type Known = { keysMax: number; bytesPerKey: number | undefined };

/**
 * How many rows of each table are read at once: at first so many that they fit whatever they bring, twice as many each time that they do, half as
 * many where they did not. Nobody knows how large a row is before it is read.
 */
export class ReadSize {
  readonly #bytesMax: number;
  readonly #known = new Map<string, Known>();

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /**
   * Of these, in the order of the line, from the first on as many as there is room for, going by what is known of their tables; at least one. Where tables
   * take turns, all that is read of one would leave no room for the other, and all but the first row be read in vain.
   */
  together(refreshes: readonly Refresh[], roomBytes: number): readonly Refresh[] {
    let bytes = 0;
    const beyond = refreshes.findIndex(({ table, bytesMax }) => {
      bytes += this.#known.get(table)?.bytesPerKey ?? bytesMax;
      return bytes > roomBytes;
    });
    return beyond === -1 ? refreshes : refreshes.slice(0, Math.max(1, beyond));
  }

  /** `rowBytesMax` is what one row may bring, `roomBytes` what may still come. */
  keys(table: string, rowBytesMax: number, roomBytes: number): number {
    const { keysMax, bytesPerKey } = this.#of(table, rowBytesMax);
    const most = Math.min(keysMax, Math.floor(WASTED_BYTES_MAX / rowBytesMax));
    return Math.max(1, bytesPerKey ? Math.min(most, Math.floor(roomBytes / bytesPerKey)) : most);
  }

  /** So many keys came to so many bytes of steps. */
  fitted(table: string, keys: number, bytes: number): void {
    const known = this.#known.get(table);
    if (known === undefined) return;
    // A small rest says nothing about how many there may be.
    known.keysMax = Math.max(known.keysMax, 2 * keys);
    known.bytesPerKey = bytes / keys;
  }

  /** So many keys had more than may be held. */
  overflowed(table: string, keys: number): void {
    const known = this.#known.get(table);
    if (known !== undefined) known.keysMax = Math.ceil(keys / 2);
  }

  #of(table: string, rowBytesMax: number): Known {
    const known = this.#known.get(table) ?? {
      keysMax: Math.max(1, Math.floor(this.#bytesMax / rowBytesMax)),
      bytesPerKey: undefined,
    };
    this.#known.set(table, known);
    return known;
  }
}
