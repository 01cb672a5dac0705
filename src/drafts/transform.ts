import { setImmediate } from 'node:timers/promises';
import type { Change, MappedRecord, TransformFunction } from '../config/transform-schema.ts';
import { formatLsn, LSN_ZERO } from '../lsn.ts';
import type { Draft } from '../records/operations.ts';
import { placeOf } from '../records/transaction.ts';
import { LATE, withinMs } from '../time-limit.ts';
import type { Failure, OpenDraft } from './open-draft.ts';
import { thrownText } from './thrown-text.ts';

/** Functions that are waited for at the same time. */
const AT_ONCE = 32;
/** So long the process may do nothing else: it has to answer Postgres, too. */
const BUSY_MAX_MS = 50;

/**
 * Calls the functions of the drafts that have one, in their order; so many as give a Promise are waited for together. What a function
 * throws, or that it gives no answer in `maxMs`, is its draft's failure.
 */
export async function transformAll(open: readonly OpenDraft[], maxMs: number): Promise<void> {
  const left = open.values();
  const turns = new Turns();
  const work = async (): Promise<void> => {
    for (;;) {
      while (turns.isDue) await turns.next();
      const { value: each, done = false } = left.next();
      if (done || each === undefined) return;
      for (const business of each.draft.unfinished) {
        if (business.kind !== 'transform') continue;
        if (each.failure !== undefined) break;
        const waiting = transform(each, business.apply, maxMs);
        if (waiting !== undefined) await waiting;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, open.length) }, work));
}

/** When somebody else has to have a turn, and one turn for all who wait for it. */
class Turns {
  #sinceMs = performance.now();
  #next: Promise<void> | undefined;

  get isDue(): boolean {
    return performance.now() - this.#sinceMs >= BUSY_MAX_MS;
  }

  next(): Promise<void> {
    this.#next ??= setImmediate().then(() => {
      this.#sinceMs = performance.now();
      this.#next = undefined;
    });
    return this.#next;
  }
}

/** A Promise only for a function that gives one: waiting costs more than many a function. */
function transform(open: OpenDraft, apply: TransformFunction, maxMs: number): Promise<void> | undefined {
  const { draft } = open;
  try {
    const result: unknown = apply(open.record as MappedRecord, changeOf(draft));
    if (isThenable(result)) return awaited(open, result, maxMs);
    take(open, result);
  } catch (error) {
    open.failure = failure(draft, `threw ${thrownText(error)}`);
  }
  return undefined;
}

async function awaited(open: OpenDraft, result: PromiseLike<unknown>, maxMs: number): Promise<void> {
  try {
    const record = await withinMs(maxMs, Promise.resolve(result));
    if (record === LATE) open.failure = failure(open.draft, `gave no answer in ${maxMs / 1_000} s`);
    else take(open, record);
  } catch (error) {
    open.failure = failure(open.draft, `rejected with ${thrownText(error)}`);
  }
}

function take(open: OpenDraft, result: unknown): void {
  if (typeof result === 'object') {
    open.record = result;
    return;
  }
  const { table, transaction } = open.draft;
  const message = `${table}: what transform returned is no object and not null, ${placeOf(transaction)}`;
  open.failure = { problem: 'not-a-record', message };
}

function failure({ table, transaction }: Draft, text: string): Failure {
  return { problem: 'transform-failed', message: `${table}: transform ${text}, ${placeOf(transaction)}` };
}

function changeOf({ table, change: operation, objectID, transaction }: Draft): Change {
  const { xid, committedAt } = transaction;
  const lsn = transaction.lsn === LSN_ZERO ? undefined : formatLsn(transaction.lsn);
  return { table, operation, objectID, lsn, xid, committedAt };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
