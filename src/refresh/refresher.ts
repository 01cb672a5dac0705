import { mappedColumns } from '../config/columns.ts';
import { postgresFailure } from '../database/failures.ts';
import { type Overflowing, RowReader, type Rows } from '../database/rows/row-reader.ts';
import type { Snapshot } from '../database/snapshot.ts';
import { SessionLostError } from '../errors.ts';
import { follows } from '../records/followed.ts';
import { keysOf } from '../records/object-id.ts';
import { type Refresh, requestBytes, type Step, type Unchanged } from '../records/operations.ts';
import type { Encoded } from '../records/record-encoder.ts';
import { apart } from './apart.ts';
import type { DeliveredTransactions } from './delivered.ts';
import { pendingRefreshes } from './pending-refreshes.ts';
import { ReadSize } from './read-size.ts';
import { resolvedLine } from './resolved-line.ts';
import { RowEncoder, type RowEncoderOptions } from './row-encoder.ts';
import { textLimits } from './text-limits.ts';
import { type Unreadable, unread, unreadable } from './unreadable.ts';
import { Untold } from './untold.ts';

export type RefresherOptions = RowEncoderOptions & {
  readonly url: string;
  /** Those who asked by it are told what is ignored. */
  readonly slot: string;
  readonly serverVersion: number;
  /** Whose row filters and column lists hold; none where all is sent. */
  readonly publications: readonly string[];
  /** Configured names by relation OID. */
  readonly bindings: ReadonlyMap<number, string>;
  readonly delivered: DeliveredTransactions;
  /** What the text of rows that are read at once may come to, and the steps of a call; twice that is held of both. A single row may always be read. */
  readonly bytesMax?: number;
  /** Told once per wait: a transaction that the stream has delivered is not visible yet. */
  readonly onWaiting?: (xid: number) => void;
  /** Told why rows that somebody asked for were not read. */
  readonly onIgnored?: (reason: string) => void;
};

/** Changes and positions only. */
type Resolved = Exclude<Step, Refresh>;

/** What refreshes have become so far, and the bytes of it. */
type Found = { readonly steps: Map<Refresh, readonly Resolved[]>; bytes: number };

type Look = { readonly hidden: number | undefined; readonly snapshot: Snapshot };

const PAUSE_MIN_MS = 1;
const PAUSE_MAX_MS = 250;
/** A commit becomes visible within a moment; what takes longer is worth a word. */
const PATIENCE_MS = 1_000;
/** What is left of the room beyond this is not worth a reading of its own. */
const FULL = 0.9;
/** So many transactions are looked through for those that have become visible. */
const REMEMBERED_MAX = 65_536;
/** And so old: half the circle of xids later one that has long been visible would seem to lie ahead. */
const REMEMBERED_MAX_MS = 3_600_000;

/**
 * Puts in the place of every refresh what its row is now. The batch waits meanwhile, so whatever the stream brings later is written
 * later; and since every transaction that it has brought so far is visible to the reading, no older image gets behind a newer one.
 */
export class Refresher {
  readonly #options: RefresherOptions;
  readonly #reader: RowReader;
  readonly #encoder: RowEncoder;
  readonly #bytesMax: number;
  readonly #size: ReadSize;
  readonly #untold = new Untold();
  #closed = false;

  constructor(options: RefresherOptions) {
    this.#options = options;
    this.#reader = new RowReader(options.url, options.serverVersion);
    this.#encoder = new RowEncoder(options);
    this.#bytesMax = options.bytesMax ?? Number.POSITIVE_INFINITY;
    this.#size = new ReadSize(this.#bytesMax);
  }

  /** A request for rows of this table is not heeded. Whoever waits for it is told by the next `resolve`. */
  ignored(table: string, reason: string): void {
    this.#untold.add(table, reason);
  }

  /** Whether `resolve` has anything to do with these. */
  concerns(steps: readonly Step[]): boolean {
    const { size, ageMs } = this.#options.delivered;
    if (!this.#untold.isEmpty) return true;
    return size > REMEMBERED_MAX || ageMs > REMEMBERED_MAX_MS || steps.some(({ kind }) => kind === 'refresh');
  }

  /**
   * In the order of `steps`. From the first refresh on for whose row there is no room, they come back as they were: what is before it has to be
   * written first. The operations' bytes are valid until the next call. Rejects with a Wal2AlgoliaError.
   */
  async resolve(steps: readonly Step[]): Promise<readonly Step[]> {
    this.#encoder.release();
    const pending = pendingRefreshes(steps);
    const found: Found = { steps: new Map(), bytes: 0 };
    try {
      if (pending.length > 0) await this.whenVisible();
      else await this.#look().catch(() => undefined);
      for (let at = 0; at < pending.length && this.#hasRoom(found); ) {
        const some = this.#size.together(pending.slice(at), this.#bytesMax - found.bytes);
        for (const refreshes of apart(some)) await this.#readSome(refreshes, found);
        at += some.length;
      }
      await this.#untold.told((requests) => this.#reader.tell(this.#options.slot, requests));
    } catch (error) {
      throw postgresFailure(error, 'reading rows again');
    }
    return resolvedLine(steps, new Set(pending), found.steps, this.#bytesMax);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#reader.close();
  }

  /** Resolves once every transaction that the stream has delivered is visible, with a snapshot that sees them. */
  async whenVisible(): Promise<Snapshot> {
    const startedAtMs = performance.now();
    let told = false;
    for (let pauseMs = PAUSE_MIN_MS; ; pauseMs = Math.min(PAUSE_MAX_MS, 2 * pauseMs)) {
      const { hidden, snapshot } = await this.#look();
      if (hidden === undefined) return snapshot;
      if (!told && performance.now() - startedAtMs > PATIENCE_MS) {
        told = true;
        this.#options.onWaiting?.(hidden);
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      if (this.#closed) throw new SessionLostError('the session is over');
    }
  }

  /** A transaction that is in the WAL, as far as we know, and not visible yet; forgets those that are. */
  async #look(): Promise<Look> {
    const { snapshot, waiting } = await this.#reader.visibility();
    const seen = this.#options.delivered.seen(snapshot);
    return { hidden: seen ?? [...waiting].find((xid) => snapshot.running.has(xid)), snapshot };
  }

  #hasRoom({ bytes }: Found): boolean {
    return bytes <= FULL * this.#bytesMax;
  }

  /** From the first of them on, as many as there is room for. They are of one table. */
  async #readSome(refreshes: readonly Refresh[], found: Found): Promise<void> {
    const table = refreshes[0]?.table ?? '';
    const rowBytesMax = Math.max(...new Set(refreshes.map(({ bytesMax }) => bytesMax)));
    for (let at = 0; at < refreshes.length && this.#hasRoom(found); ) {
      const keys = this.#size.keys(table, rowBytesMax, this.#bytesMax - found.bytes);
      const some = refreshes.slice(at, at + keys);
      // Of what is read there may be as much again in records: text and records together never come to more than twice the limit.
      const read = await this.#read(table, some, this.#bytesMax - found.bytes / 2);
      if (read === undefined) {
        this.#size.overflowed(table, some.length);
        continue;
      }
      let bytes = 0;
      for (const [refresh, steps] of read) {
        for (const step of steps) bytes += requestBytes(step);
        found.steps.set(refresh, steps);
      }
      this.#size.fitted(table, some.length, bytes);
      found.bytes += bytes;
      at += some.length;
    }
  }

  /** Undefined where their rows are too large to be held together. */
  async #read(
    table: string,
    refreshes: readonly Refresh[],
    textBytesMax: number,
  ): Promise<ReadonlyMap<Refresh, readonly Resolved[]> | undefined> {
    const { bindings, tables, publications, types, recordBytesMax } = this.#options;
    const config = tables[table];
    const bound = [...bindings].find(([, name]) => name === table)?.[0];
    if (config === undefined || bound === undefined) throw gone(table);
    const changed = refreshes[0]?.relationOid ?? bound;
    const read = (relationOid: number): Promise<Rows | Overflowing | undefined> =>
      this.#reader.read({
        relationOid,
        publications,
        keyColumns: config.objectID,
        columns: mappedColumns(config),
        limits: (shape) => textLimits(shape, config, types, recordBytesMax),
        keys: keysOf(refreshes, config),
        textBytesMax,
      });
    const rows = await read(changed)
      // One that was dropped has left its name to another.
      .then((found) => found ?? (changed === bound ? undefined : read(bound)))
      .catch((error: unknown) => unreadable(error, table, refreshes));
    if (rows === undefined) throw gone(table);
    if (rows === 'overflowing') return undefined;
    if ('kind' in rows) return this.#unread(table, refreshes, rows, textBytesMax);
    const found = new Map<Refresh, readonly Resolved[]>();
    const encoded = this.#encoder.encode(table, rows, refreshes);
    for (const refresh of refreshes) {
      const { objectID } = refresh;
      const row = encoded.get(objectID);
      const followsDeletes = rows.shape.followsDeletes && follows(config, 'delete');
      const isGone = refresh.isRemoval || (row === undefined && followsDeletes);
      const steps: Resolved[] = [];
      // A record that is to go does, also where the row that has its objectID by now cannot take its place.
      if (isGone && mayGiveNone(row)) steps.push(this.#encoder.absent(table, rows.shape, objectID));
      if (row !== undefined) steps.push(row);
      found.set(refresh, steps.length > 0 ? steps : [unchanged(refresh)]);
    }
    return found;
  }

  /** As `#read`, where one query for all of them fails. */
  async #unread(
    table: string,
    refreshes: readonly Refresh[],
    why: Unreadable,
    textBytesMax: number,
  ): Promise<ReadonlyMap<Refresh, readonly Resolved[]> | undefined> {
    if (why.kind === 'ignored') {
      this.#options.onIgnored?.(`rows of ${table} were to be read again: ${why.reason}`);
      this.ignored(table, why.reason);
    }
    if (why.kind !== 'apart') return new Map(refreshes.map((refresh) => [refresh, [unread(refresh, why)]]));
    const middle = Math.ceil(refreshes.length / 2);
    const found = new Map<Refresh, readonly Resolved[]>();
    for (const half of [refreshes.slice(0, middle), refreshes.slice(middle)]) {
      const read = await this.#read(table, half, textBytesMax / 2);
      if (read === undefined) return undefined;
      for (const [refresh, steps] of read) found.set(refresh, steps);
    }
    return found;
  }
}

/** Of names that are still to be read a record comes; of what a function makes, perhaps not. */
function mayGiveNone(row: Encoded | undefined): boolean {
  if (row?.kind === 'draft') return row.unfinished.some(({ kind }) => kind === 'transform');
  return row === undefined || row.kind === 'unfit';
}

function unchanged({ index, objectID }: Refresh): Unchanged {
  return { kind: 'unchanged', index, objectID };
}

function gone(table: string): SessionLostError {
  return new SessionLostError(`${table} is no longer there, or no longer published`);
}
