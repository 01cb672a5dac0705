import type { DeadLetter, LetterChanges, LetterKey } from '../dead-letters/dead-letter.ts';
import { LSN_ZERO, type Lsn, parseLsn } from '../lsn.ts';
import { isOperation, type Operation, type Unfit } from '../records/operations.ts';
import type { Batch } from './batch-work.ts';
import type { RefusedError } from './failures.ts';
import type { Outcome } from './isolation.ts';

/** Which records have dead letters: better one too many than one too few. */
export type KnownLetters = {
  readonly isEmpty: boolean;
  /** Whether `mayHold` is right about every record. */
  readonly isExact: boolean;
  mayHold(index: string, objectID: string): boolean;
  mayHoldTable(table: string): boolean;
};

/** What a batch means for the dead letters: those of records that were written or deleted are settled. The operations' bytes are copied. */
export function letterChanges(
  batch: Batch,
  outcomes: readonly Outcome[],
  known: KnownLetters | undefined,
): LetterChanges {
  const setAside = new Map<string, DeadLetter>();
  const add = (letter: DeadLetter): void => void setAside.set(nameOf(letter), letter);
  for (const outcome of outcomes)
    if (outcome.kind === 'refused') add(letterOf(outcome.operation, outcome.refusal));
  const refused = new Set(setAside.keys());
  // Behind whatever was written of the same record in this batch.
  for (const unfit of batch.unfit) add(letterOfUnfit(unfit));
  const gone = known?.isEmpty === false ? settledBy(batch, known, refused) : NOTHING;
  return { ...gone, setAside: [...setAside.values()] };
}

const NOTHING = { settled: [], emptied: [] };

/** Letters of records that were written or deleted, and of tables that were emptied. */
function settledBy(
  { work }: Pick<Batch, 'work'>,
  known: KnownLetters,
  refused: ReadonlySet<string>,
): Pick<LetterChanges, 'settled' | 'emptied'> {
  const settled: LetterKey[] = [];
  const emptied = new Set<string>();
  for (const { index, truncations, actions } of work) {
    for (const action of [...truncations, ...actions]) {
      if (!isOperation(action)) {
        if (known.mayHoldTable(action.table)) emptied.add(action.table);
      } else if (known.mayHold(index, action.objectID) && !refused.has(nameOf(action))) {
        settled.push({ index, objectID: action.objectID });
      }
    }
  }
  return { settled, emptied: [...emptied] };
}

function nameOf(letter: Pick<DeadLetter, 'index' | 'objectID'> & Partial<DeadLetter>): string {
  const { index, objectID, table, lsn, place } = letter;
  return JSON.stringify(objectID === undefined ? [table, String(lsn), place] : [index, objectID]);
}

const UPDATE_HEAD = '{"action":"updateObject","body":';

/** A record that Algolia refuses. */
function letterOf(operation: Operation, refusal: RefusedError): DeadLetter {
  const { table, index, objectID, kind } = operation;
  const record = kind === 'delete' ? undefined : bodyOf(operation);
  const commit = commitOf(record);
  return {
    table,
    index,
    objectID,
    action: kind,
    reason: 'refused',
    message: refusal.reason,
    httpStatus: refusal.status,
    ...commit,
    place: undefined,
    record,
  };
}

/** A row that was never sent. */
function letterOfUnfit({ transaction, ...unfit }: Unfit): DeadLetter {
  const { table, index, objectID, problem: reason, message, place, record } = unfit;
  const lsn = transaction.lsn === LSN_ZERO ? undefined : transaction.lsn;
  const { committedAt } = transaction;
  return {
    table,
    index,
    objectID,
    action: 'update',
    reason,
    message,
    httpStatus: undefined,
    lsn,
    committedAt,
    place,
    record,
  };
}

function bodyOf({ bytes, start, end }: Operation): string {
  return bytes.toString('utf8', start + UPDATE_HEAD.length, end - 1);
}

type Commit = { readonly lsn: Lsn | undefined; readonly committedAt: string | undefined };

/** From the record's own annotation, which one that was read again because somebody asked does not have. */
function commitOf(record: string | undefined): Commit {
  const at = record?.lastIndexOf('"wal":{"lsn":"') ?? -1;
  const match =
    /^"wal":\{"lsn":"([0-9A-F/]+)","xid":\d+,"committed_at":"([^"]+)","committed_at_ms":-?\d+\}\}$/.exec(
      at === -1 ? '' : (record ?? '').slice(at),
    );
  return { lsn: match?.[1] === undefined ? undefined : parseLsn(match[1]), committedAt: match?.[2] };
}
