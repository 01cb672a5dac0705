import { concatMap, defer, EMPTY, lastValueFrom, map, type Observable, takeUntil } from 'rxjs';
import type { TableConfig } from '../config/schema.ts';
import { SessionLostError, UnknownTypeError } from '../errors.ts';
import { LSN_ZERO, type Lsn } from '../lsn.ts';
import { aborted } from '../operators/aborted.ts';
import { isOperation, type Step } from '../records/operations.ts';
import { Slab } from '../records/slab.ts';
import { steps } from '../records/steps.ts';
import { upTo } from '../replication/ranged-session.ts';
import { openSession, type Session, type SessionOptions } from '../replication/session.ts';
import type { OwnPosition } from '../replication/start-position.ts';
import { type Until, WalRange } from '../replication/wal-range.ts';
import { type Keys, TouchedKeys } from './touched-keys.ts';

/** Some hundred thousand keys. */
const BYTES_MAX = 16_000_000;

export type TouchedReadingOptions = {
  /** Whose slot is read, by a copy. */
  readonly session: Omit<SessionOptions, 'own' | 'askedTypes' | 'copied'>;
  readonly until: Until;
  /** Those that are meant; changes of others are passed over. */
  readonly tables: Readonly<Record<string, TableConfig>>;
  readonly recordBytesMax: number;
  /** Ends the reading; what was not handed on by then never is. */
  readonly signal: AbortSignal;
  /** Keys that are held at the same time, in bytes; one that is touched again after they were handed on is handed on again. */
  readonly bytesMax?: number;
  /** In place of what ends a session, `onKeys` aside. */
  readonly onFailure?: (error: unknown) => unknown;
  /** How far it has come. */
  readonly onPosition: (lsn: Lsn) => void;
};

/** Nothing is read until it resolves. */
export type OnKeys = (keys: Keys) => Promise<void>;

export type Touched = Pick<TouchedKeys, 'truncated' | 'transactions'>;

/** The key of each record that the slot's transactions touched, old ones of changed keys as well. */
export class TouchedReading {
  readonly #options: TouchedReadingOptions;
  readonly #touched: TouchedKeys;
  /** OIDs that a relation named and the catalog of its session did not have. */
  readonly #askedTypes = new Set<number>();
  /** Behind the last transaction of which all keys are held or handed on. */
  #own: OwnPosition | undefined;
  /** With what the last attempt to hand on failed. */
  #vain: unknown;

  constructor(options: TouchedReadingOptions) {
    this.#options = options;
    this.#touched = new TouchedKeys(options.bytesMax ?? BYTES_MAX);
  }

  /**
   * Reads to the end, or until told to end, and hands on every key. Resolves with what else is known of them; rejects with a
   * Wal2AlgoliaError, and as `onKeys` does: called again, it goes on from where it was.
   */
  async read(onKeys: OnKeys): Promise<Touched> {
    const { session: options, onFailure = (error) => error } = this.#options;
    const again = { own: this.#own, askedTypes: this.#askedTypes, copied: true };
    let session: Session | undefined;
    try {
      session = await openSession({ ...options, ...again });
      await this.#collect(session, onKeys);
    } catch (error) {
      if (error instanceof UnknownTypeError) this.#askedTypes.add(error.typeOid);
      throw error === this.#vain ? error : onFailure(error);
    } finally {
      await session?.close();
    }
    return this.#touched;
  }

  async #collect(session: Session, onKeys: OnKeys): Promise<void> {
    const { until, signal, tables, onPosition } = this.#options;
    const { types, bindings } = session;
    const range = new WalRange(until);
    const touched = this.#touched;
    touched.begin();
    const slab = new Slab();
    let handing = Promise.resolve();
    const handOn = async (): Promise<void> => {
      session.pause();
      handing = this.#handOn(onKeys);
      await handing;
      session.resume();
    };
    const reading = upTo(range, session.messages).pipe(
      takeUntil(aborted(signal)),
      steps({ ...this.#options, types, bindings, tables: keysOnly(tables), slab, ignoresOthers: true }),
      map((run) => {
        touched.add(run);
        release(slab, run);
        // A walsender first says from where on it reads the WAL, which is before where it begins to send.
        if (range.lastLsn <= (this.#own?.confirmedLsn ?? LSN_ZERO)) return;
        this.#own = { ...session.position(), confirmedLsn: range.lastLsn };
        onPosition(range.lastLsn);
      }),
      concatMap((): Observable<unknown> => (touched.isFull ? defer(handOn) : EMPTY)),
    );
    try {
      await lastValueFrom(reading, { defaultValue: undefined });
    } finally {
      // What is under way is neither lost with the session nor done beside the next one.
      await handing.catch(() => undefined);
    }
    if (signal.aborted) return;
    if (!range.isReached) throw new SessionLostError('Postgres is shutting down');
    await this.#handOn(onKeys);
  }

  async #handOn(onKeys: OnKeys): Promise<void> {
    const keys = this.#touched.take();
    try {
      await onKeys(keys);
    } catch (error) {
      this.#touched.putBack(keys);
      this.#vain = error;
      throw error;
    }
  }
}

/** Records of nothing but their names: what else a row had then, and whether it still fits the mapping, does not matter. */
function keysOnly(tables: TouchedReadingOptions['tables']): TouchedReadingOptions['tables'] {
  return Object.fromEntries(
    Object.entries(tables).map(([name, { index, objectID, objectIDPrefix, operations }]) => [
      name,
      { index, objectID, objectIDPrefix, operations, attributes: {} },
    ]),
  );
}

function release(slab: Slab, run: readonly Step[]): void {
  const last = run.findLast(isOperation);
  if (last !== undefined) slab.release(last.bytes);
}
