import type { WalkedRecord } from '../algolia/walk.ts';
import type { TableRetention } from '../config/table-retention.ts';
import { RetentionFloorTable } from '../database/own-tables/retention-floor-table.ts';
import { SessionLostError } from '../errors.ts';
import type { Floors } from '../records/floors.ts';
import { countedFloor } from './counted-floor.ts';
import { clockDifferenceMs, floorMs, steadyNowMs } from './floor-clock.ts';
import { type IndexSweepOptions, sweepOnce } from './index-sweep.ts';

const INTERVAL_MS = 60_000;

export type RetentionEvents = {
  /** So many records were asked to be removed. */
  readonly onSwept: (records: number) => void;
  /** The server's clock is so many milliseconds off ours, so no floor rises. */
  readonly onFloorsHeld: (differenceMs: number) => void;
  /** It cannot go on for now, and tries again. */
  readonly onSweepTrouble: (error: unknown) => void;
};

export type RetentionOptions = IndexSweepOptions &
  RetentionEvents & {
    readonly url: string;
    readonly slot: string;
    /** Shared with whatever makes records. */
    readonly floors: Floors;
  };

type Kept = { readonly name: string; readonly index: string; readonly expiry: TableRetention };

/**
 * Raises the floors of tables that do not keep all, once a minute by the holder of the slot, and removes what lies below from the index.
 * Does nothing where all tables keep all.
 */
export class Retention {
  readonly #options: RetentionOptions;
  readonly #table: RetentionFloorTable;
  readonly #kept: readonly Kept[];
  #woken = false;

  constructor(options: RetentionOptions) {
    this.#options = options;
    this.#table = new RetentionFloorTable(options);
    this.#kept = Object.entries(options.tables).flatMap(([name, { index, expiry }]) =>
      expiry === undefined ? [] : [{ name, index, expiry }],
    );
  }

  /** Before the first row becomes a record. Rejects with a Wal2AlgoliaError. */
  async open(): Promise<void> {
    if (this.#kept.length > 0) await this.#raise(async () => undefined, new Map());
  }

  /** Somebody may have changed a floor. */
  wake(): void {
    this.#woken = true;
    this.#options.patience.wake();
  }

  /** Until `fence` says that the session is over; never rejects. */
  async run(fence: () => Promise<void>): Promise<void> {
    const { patience, onSweepTrouble } = this.#options;
    for (let isOpened = true; this.#kept.length > 0 && !patience.isOver; isOpened = false) {
      this.#woken = false;
      try {
        const counted = await this.#counted();
        if (!isOpened || counted.size > 0) await this.#raise(fence, counted);
        for (const kept of this.#kept) await this.#sweep(kept, fence);
      } catch (error) {
        if (patience.isOver) return;
        if (!(error instanceof SessionLostError)) onSweepTrouble(error);
      }
      if (!this.#woken) await patience.pause(INTERVAL_MS);
    }
  }

  /** By the name of the table, where there are more records than may be. */
  async #counted(): Promise<ReadonlyMap<string, number>> {
    const counted = new Map<string, number>();
    for (const { name, index, expiry } of this.#kept) {
      const { recordsMax } = expiry;
      if (recordsMax === undefined) continue;
      const ms = await countedFloor(this.#options, { index, attribute: millisOf(expiry), recordsMax });
      if (ms !== undefined) counted.set(name, ms);
    }
    return counted;
  }

  async #raise(fence: () => Promise<void>, counted: ReadonlyMap<string, number>): Promise<void> {
    const { floors, onFloorsHeld } = this.#options;
    const wanted = (serverNowMs: number): ReadonlyMap<string, number> => {
      const dated = this.#kept.flatMap(({ name, expiry: { days } }) =>
        days === undefined ? [] : [{ name, days }],
      );
      const differenceMs = clockDifferenceMs(serverNowMs, steadyNowMs());
      if (differenceMs === undefined || dated.length === 0)
        return new Map([
          ...counted,
          ...dated.map(({ name, days }) => [name, floorMs(serverNowMs, days)] as const),
        ]);
      onFloorsHeld(differenceMs);
      return counted;
    };
    for (const [name, ms] of await this.#table.raise(wanted, fence)) floors.set(name, ms);
  }

  /** A record whose row has got another time by now is written with it. */
  async #sweep({ name, index, expiry }: Kept, fence: () => Promise<void>): Promise<void> {
    const { floors, onSwept } = this.#options;
    const { ms } = floors.of(name);
    if (ms === Number.NEGATIVE_INFINITY) return;
    const attribute = millisOf(expiry);
    await sweepOnce(this.#options, {
      index,
      tables: [name],
      attributes: [attribute],
      filters: `${attribute} < ${ms}`,
      judge: ({ values: { [attribute]: time } }: WalkedRecord) =>
        typeof time === 'number' && time < ms ? name : undefined,
      onRemoved: async (counts) => {
        await fence();
        onSwept(counts.get(name) ?? 0);
      },
      perSecondMax: expiry.sweepPerSecond,
    });
  }
}

function millisOf({ time }: TableRetention): string {
  return `${time.attribute}_ms`;
}
