import type { TableConfig } from '../config/schema.ts';
import type { Draft, Operation, Step, Unfinished, Unfit } from './operations.ts';
import type { RecordEncoder } from './record-encoder.ts';
import type { Transaction } from './transaction.ts';

/** The encoder itself where records are finished once they are encoded, so that such a table pays nothing for drafts. */
export function drafted(encoder: RecordEncoder, table: TableConfig): RecordEncoder {
  const unfinished = unfinishedOf(table);
  if (unfinished.length === 0) return encoder;

  /** An update is the last of what a change comes to. */
  const replace = (into: Step[], change: Draft['change'], transaction: Transaction): void => {
    const last = into.at(-1);
    if (last?.kind === 'update' || last?.kind === 'draft')
      into[into.length - 1] = draft(last, change, transaction);
  };
  const draft = (update: Operation | Draft, change: Draft['change'], transaction: Transaction): Draft => ({
    ...update,
    kind: 'draft',
    transaction,
    change,
    unfinished: 'unfinished' in update ? [...update.unfinished, ...unfinished] : unfinished,
  });
  return {
    insert: (change, transaction, into) => {
      encoder.insert(change, transaction, into);
      replace(into, 'insert', transaction);
    },
    update: (change, transaction, into) => {
      encoder.update(change, transaction, into);
      replace(into, 'update', transaction);
    },
    delete: (change, transaction, into) => encoder.delete(change, transaction, into),
    row: (row, asked): Operation | Draft | Unfit | undefined => {
      let transaction: Transaction | undefined;
      const step = encoder.row(row, (objectID) => {
        transaction = asked(objectID);
        return transaction;
      });
      if ((step?.kind !== 'update' && step?.kind !== 'draft') || transaction === undefined) return step;
      return draft(step, 'refresh', transaction);
    },
    absent: (objectID) => encoder.absent(objectID),
  };
}

/** Whether rows of a table become drafts: all of those that a function makes, and those whose names have to be read. */
export function leavesDrafts(table: TableConfig): boolean {
  const looksUp = Object.values(table.attributes ?? {}).some(
    (attribute) => typeof attribute !== 'string' && 'lookup' in attribute && attribute.lookup !== undefined,
  );
  return looksUp || unfinishedOf(table).length > 0;
}

function unfinishedOf({ transform }: TableConfig): readonly Unfinished[] {
  return transform === undefined ? [] : [{ kind: 'transform', apply: transform.apply }];
}
