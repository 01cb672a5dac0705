import type { Change, MappedRecord, TransformFunction } from '../config/transform-schema.ts';
import { formatLsn, LSN_ZERO } from '../lsn.ts';
import type { Draft } from '../records/operations.ts';
import { placeOf } from '../records/transaction.ts';
import { LATE, withinMs } from '../time-limit.ts';
import type { Failure, OpenDraft } from './open-draft.ts';
import { thrownText } from './thrown-text.ts';

/** Functions that are waited for at the same time. */
const AT_ONCE = 32;
export const TRANSFORM_MAX_MS = 30_000;

/** Calls the functions of those that have one, in their order. One that returns no Promise is done before the next is called. */
export async function transformAll(open: readonly OpenDraft[]): Promise<void> {
  const left = open.values();
  const work = async (): Promise<void> => {
    for (const each of left) {
      for (const business of each.draft.unfinished) {
        if (business.kind !== 'transform') continue;
        if (each.failure !== undefined) break;
        const waiting = transform(each, business.apply);
        if (waiting !== undefined) await waiting;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, open.length) }, work));
}

/** A Promise only for a function that gives one: waiting costs more than many a function. */
function transform(open: OpenDraft, apply: TransformFunction): Promise<void> | undefined {
  const { draft } = open;
  try {
    const result = apply(open.record as MappedRecord, changeOf(draft));
    if (!isThenable(result)) {
      take(open, result);
      return undefined;
    }
    return withinMs(TRANSFORM_MAX_MS, Promise.resolve(result)).then(
      (late) => {
        if (late === LATE) open.failure = failure(draft, `gave no answer in ${TRANSFORM_MAX_MS / 1_000} s`);
        else take(open, late);
      },
      (error: unknown) => {
        open.failure = failure(draft, `rejected with ${thrownText(error)}`);
      },
    );
  } catch (error) {
    open.failure = failure(draft, `threw ${thrownText(error)}`);
    return undefined;
  }
}

function take(open: OpenDraft, result: unknown): void {
  if (typeof result === 'object') open.record = result;
  else {
    const { table, transaction } = open.draft;
    const message = `${table}: what transform returned is no object and not null, ${placeOf(transaction)}`;
    open.failure = { problem: 'not-a-record', message };
  }
}

function failure({ table, transaction }: Draft, text: string): Failure {
  return { problem: 'transform-failed', message: `${table}: transform ${text}, ${placeOf(transaction)}` };
}

function changeOf({ table, change: operation, objectID, transaction }: Draft): Change {
  const { lsn, xid, committedAt } = transaction;
  return {
    table,
    operation,
    objectID,
    lsn: lsn === LSN_ZERO ? undefined : formatLsn(lsn),
    xid,
    committedAt,
  };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
