import { concatMap, defer, EMPTY, lastValueFrom, map, type Observable, takeUntil } from 'rxjs';
import type { TableConfig } from '../config/schema.ts';
import { SessionLostError } from '../errors.ts';
import { LSN_ZERO, type Lsn } from '../lsn.ts';
import { aborted } from '../operators/aborted.ts';
import { isOperation, type Step } from '../records/operations.ts';
import { Slab } from '../records/slab.ts';
import { steps } from '../records/steps.ts';
import { upTo } from '../replication/ranged-session.ts';
import { openSession, type Session, type SessionOptions } from '../replication/session.ts';
import { type Until, WalRange } from '../replication/wal-range.ts';
import { type Keys, TouchedKeys } from './touched-keys.ts';

/** Some hundred thousand keys. */
const BYTES_MAX = 16_000_000;

export type TouchedReading = {
  /** Whose slot is read, by a copy. */
  readonly session: SessionOptions;
  readonly until: Until;
  /** Those that are meant; changes of others are passed over. */
  readonly tables: Readonly<Record<string, TableConfig>>;
  readonly recordBytesMax: number;
  /** Ends the reading; what was not handed on by then never is. */
  readonly signal: AbortSignal;
  /** Keys that are held at the same time, in bytes; one that is touched again after they were handed on is handed on again. */
  readonly bytesMax?: number;
  /** Nothing is read until it resolves. */
  readonly onKeys: (keys: Keys) => Promise<void>;
  /** How far it has come. */
  readonly onPosition: (lsn: Lsn) => void;
};

export type Touched = Pick<TouchedKeys, 'truncated' | 'transactions'>;

/**
 * Hands on the key of each record that the slot's transactions touched, old ones of changed keys as well. Resolves with what
 * else is known of them; rejects with a Wal2AlgoliaError, and as `onKeys` does.
 */
export async function readTouched(options: TouchedReading): Promise<Touched> {
  const session = await openSession({ ...options.session, copied: true });
  try {
    return await read(session, options);
  } finally {
    await session.close();
  }
}

async function read(session: Session, options: TouchedReading): Promise<Touched> {
  const { until, signal, bytesMax = BYTES_MAX, onPosition } = options;
  const { types, bindings } = session;
  const range = new WalRange(until);
  const touched = new TouchedKeys(bytesMax);
  const slab = new Slab();
  const handOn = async (): Promise<void> => {
    session.pause();
    await options.onKeys(touched.take());
    session.resume();
  };
  const reading = upTo(range, session.messages).pipe(
    takeUntil(aborted(signal)),
    steps({ ...options, types, bindings, tables: keysOnly(options.tables), slab, ignoresOthers: true }),
    map((run) => {
      touched.add(run);
      release(slab, run);
      if (range.lastLsn > LSN_ZERO) onPosition(range.lastLsn);
    }),
    concatMap((): Observable<unknown> => (touched.isFull ? defer(handOn) : EMPTY)),
  );
  await lastValueFrom(reading, { defaultValue: undefined });
  if (signal.aborted) return touched;
  if (!range.isReached) throw new SessionLostError('Postgres is shutting down');
  await options.onKeys(touched.take());
  return touched;
}

/** Records of nothing but their names: what else a row had then, and whether it still fits the mapping, does not matter. */
function keysOnly(tables: TouchedReading['tables']): TouchedReading['tables'] {
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
