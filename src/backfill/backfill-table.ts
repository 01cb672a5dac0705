import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/schema.ts';
import { type BackfillState, BackfillTable } from '../database/own-tables/backfill-table.ts';
import type { KeyPages, KeyText } from '../database/rows/key-pages.ts';
import type { RowScope } from '../database/rows/row-scope.ts';
import { ConfigError, ShutdownDeadlineError } from '../errors.ts';
import type { Lsn } from '../lsn.ts';
import { objectIDOf } from '../records/object-id.ts';
import { refreshRequests } from '../records/refresh-request.ts';
import { type Chunk, ChunksInFlight } from './chunks-in-flight.ts';
import { checkHolder, TOLD_WITHIN_MS, toldTables } from './holder-check.ts';
import { openKeys } from './table-keys.ts';
import { Throttle } from './throttle.ts';

export const LAG_MAX_MS = 10_000;

export type BackfillOptions = {
  readonly config: Pick<Config, 'postgres' | 'replication' | 'tables' | 'algolia'>;
  /** A configured one, as `schema.table`. */
  readonly table: string;
  /** Left out: the whole table. */
  readonly scope?: RowScope | undefined;
  /** Begins anew, also where an earlier one was not finished. */
  readonly restart?: boolean | undefined;
  /** Does nothing where an earlier one is finished. */
  readonly once?: boolean | undefined;
  /** Below this the lag of live changes is to stay. */
  readonly lagMaxMs?: number | undefined;
  /**
   * Resolves when the slot is confirmed through the position, by whoever holds it; rejects when that is not going to be. Asked one position
   * after the other, each behind the last.
   */
  readonly passed: (target: Lsn) => Promise<void>;
  /** This process holds the slot, by the same configuration: nobody else has to be asked what it writes where. */
  readonly isHolder?: boolean | undefined;
  /** How long whoever holds the slot may take to tell that. */
  readonly toldWithinMs?: number | undefined;
  /** Aborted, it takes no more and rejects with a ShutdownDeadlineError; how far it has come is kept. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: BackfillProgress) => void) | undefined;
};

export type BackfillProgress = {
  readonly table: string;
  /** Rows of this and of the earlier runs that it goes on from, as far as they are confirmed. */
  readonly rows: number;
  /** As the planner estimates, those of earlier runs included. */
  readonly rowsEstimated: number;
  /** An earlier run was not finished; it goes on behind that. */
  readonly isResumed: boolean;
  /** No index gives the keys in their order: first they are sorted. */
  readonly isSorted: boolean;
  readonly keysInFlight: number;
  readonly keysInFlightMax: number;
};

export type BackfillResult = {
  readonly table: string;
  /** Of all runs together. */
  readonly rows: number;
  readonly isResumed: boolean;
  /** Rows that have no objectID: a part of it is NULL, or it is empty or too long. */
  readonly unnamable: number;
};

/**
 * Has the rows of a table read again and written by whoever holds the slot, in the order of their keys, without a lock and without a long
 * transaction. Resolves when all of it is confirmed. What is confirmed is kept, and the next call goes on from there. Rejects with a
 * Wal2AlgoliaError, also when the same is being done by somebody else.
 */
export async function backfillTable(options: BackfillOptions): Promise<BackfillResult> {
  const { config, table, scope = {} } = options;
  const mapping = config.tables[table];
  if (mapping === undefined) throw new ConfigError(`table ${table} is not configured`);
  const url = config.postgres.url.reveal();
  const name = { slot: config.replication.slot, table, scope: scopeName(scope) };
  const state = await BackfillTable.open(url, name);
  try {
    const { index, objectIDPrefix: prefix = '', objectID } = mapping;
    const check = async (): Promise<void> => {
      if (options.isHolder === true) return;
      const { toldWithinMs = TOLD_WITHIN_MS, signal } = options;
      const how = { slot: name.slot, withinMs: toldWithinMs, signal };
      const held = await toldTables(() => state.heldTables(), how);
      unlessStopped(options);
      checkHolder(held, { table, mapping, slot: name.slot });
    };
    await check();
    const known = options.restart === true ? undefined : await state.state();
    const same = known !== undefined && isSame(known, { index, prefix, objectID }) ? known : undefined;
    const unfinished = same?.finishedAt === null ? same : undefined;
    if (options.once === true && same !== undefined && unfinished === undefined)
      return { table, rows: same.rows, isResumed: false, unnamable: same.unnamable };
    const pages = await openKeys(options, unfinished?.keyColumns);
    // A statement that sorts the keys is not waited for.
    const end = (): void => void pages.close();
    options.signal?.addEventListener('abort', end, { once: true });
    try {
      const keyColumns = pages.order.columns.map(({ name: column }) => column);
      const keyTypes = pages.order.columns.map(({ orderedAs }) => orderedAs);
      // Of another type the keys stand in another order, in which those that are done are not the first ones.
      const last = isDeepStrictEqual(unfinished?.keyTypes, keyTypes) ? unfinished : undefined;
      if (last === undefined) await state.begin({ index, prefix, objectID, keyColumns, keyTypes });
      return await new Backfill({ ...options, check }, state, pages, last).run();
    } catch (error) {
      unlessStopped(options);
      throw error;
    } finally {
      options.signal?.removeEventListener('abort', end);
      await pages.close();
    }
  } finally {
    await state.close();
  }
}

/** `check` rejects where whoever holds the slot would not do what is asked for. */
type CheckedOptions = BackfillOptions & { readonly check: () => Promise<void> };

class Backfill {
  readonly #options: CheckedOptions;
  readonly #state: BackfillTable;
  readonly #pages: KeyPages;
  readonly #throttle: Throttle;
  readonly #inFlight: ChunksInFlight;
  readonly #isResumed: boolean;
  #key: KeyText | undefined;
  #rows: number;
  #refused: number;

  constructor(
    options: CheckedOptions,
    state: BackfillTable,
    pages: KeyPages,
    last: BackfillState | undefined,
  ) {
    this.#options = options;
    this.#state = state;
    this.#pages = pages;
    this.#isResumed = last !== undefined && last.throughKey !== null;
    this.#key = last?.throughKey ?? undefined;
    this.#rows = last?.rows ?? 0;
    this.#refused = last?.unnamable ?? 0;
    this.#throttle = new Throttle({ lagMaxMs: options.lagMaxMs ?? LAG_MAX_MS });
    this.#inFlight = new ChunksInFlight({
      passed: options.passed,
      throttle: this.#throttle,
      onConfirmed: (chunk) => this.#confirmed(chunk),
    });
  }

  async run(): Promise<BackfillResult> {
    this.#tell();
    for (;;) {
      unlessStopped(this.#options);
      const page = await this.#pages.behind(this.#key);
      if (page.length === 0) break;
      for (let at = 0; at < page.length; ) {
        await this.#inFlight.room();
        unlessStopped(this.#options);
        const some = page.slice(at, at + this.#throttle.chunkKeys);
        await this.#ask(some);
        at += some.length;
      }
      this.#key = page.at(-1);
    }
    await this.#inFlight.drained();
    const unnamable = this.#refused + (await this.#pages.nameless());
    // Another one may have taken over meanwhile.
    await this.#options.check();
    await this.#state.finish(unnamable);
    return { table: this.#options.table, rows: this.#rows, isResumed: this.#isResumed, unnamable };
  }

  async #ask(keys: readonly KeyText[]): Promise<void> {
    const { config, table } = this.#options;
    const mapping = config.tables[table];
    const last = keys.at(-1);
    if (mapping === undefined || last === undefined) return;
    const columns = this.#pages.order.columns.map(({ name }) => name);
    const places = mapping.objectID.map((name) => columns.indexOf(name));
    // Rows that share a key share the record.
    const ids = new Set(
      keys.map((key) =>
        objectIDOf(
          places.map((place) => key[place] ?? ''),
          mapping,
        ),
      ),
    );
    const { recordBytesMax } = config.algolia;
    const { messages, refused } = refreshRequests(table, [...ids], mapping, recordBytesMax, keys.length);
    const askedAtMs = performance.now();
    const target = await this.#state.ask(messages);
    this.#inFlight.add({ target, askedAtMs, through: last, rows: keys.length, refused: refused.length });
  }

  async #confirmed({ through, rows, refused }: Chunk): Promise<void> {
    await this.#state.checkHeeded();
    this.#rows += rows;
    this.#refused += refused;
    await this.#state.passed(through, this.#rows, this.#refused);
    this.#tell();
  }

  #tell(): void {
    const { table, onProgress } = this.#options;
    onProgress?.({
      table,
      rows: this.#rows,
      rowsEstimated: Math.max(this.#rows, this.#pages.rowsEstimated),
      isResumed: this.#isResumed,
      isSorted: this.#pages.isSorted,
      keysInFlight: this.#inFlight.keys,
      keysInFlightMax: this.#throttle.keysInFlightMax,
    });
  }
}

function unlessStopped({ signal, table }: Pick<BackfillOptions, 'signal' | 'table'>): void {
  if (signal?.aborted !== true) return;
  throw new ShutdownDeadlineError(`told to end before all of ${table} was read again`, {
    remedy: 'What is done is kept: the same command goes on from there.',
  });
}

function isSame(
  { index, prefix, objectID }: BackfillState,
  now: { readonly index: string; readonly prefix: string; readonly objectID: readonly string[] },
): boolean {
  return isDeepStrictEqual({ index, prefix, objectID }, now);
}

/** One text for one scope; empty for the whole table. */
function scopeName({ where, time }: RowScope): string {
  return where === undefined && time === undefined ? '' : JSON.stringify({ where, ...time });
}
