import type { TransformFunction } from '../../../src/config/transform-schema.ts';
import { Finisher, type FinisherOptions } from '../../../src/drafts/finisher.ts';
import { drafted } from '../../../src/records/draft-encoder.ts';
import type { Step } from '../../../src/records/operations.ts';
import { compileEncoder } from '../../../src/records/record-encoder.ts';
import { Slab } from '../../../src/records/slab.ts';
import { transaction } from '../../../src/records/transaction.ts';
import { INT8 } from '../records/record-encoder-case.ts';
import { begin, type ColumnText, relationOf, tupleOf } from '../records/tuples.ts';

const relation = relationOf({ id: INT8, note: 25, data: 114 });
const qualifiedName = 'public.audit_log';

export type Row = readonly [id: string, note: ColumnText, data?: ColumnText];

export function tableOf(apply: TransformFunction) {
  return { index: 'audit_log', objectID: ['id'], transform: { apply, isPure: false } };
}

/** Inserts of these rows, as drafts. */
export function draftsOf(
  apply: TransformFunction,
  rows: readonly Row[],
  recordBytesMax = 10_000,
): readonly Step[] {
  const table = tableOf(apply);
  const encoder = drafted(
    compileEncoder({ relation, table, qualifiedName, types: new Map(), recordBytesMax, slab: new Slab() }),
    table,
  );
  const into: Step[] = [];
  const shared = transaction(begin);
  for (const [id, note, data = null] of rows)
    encoder.insert({ tag: 'insert', relation, new: tupleOf(id, note, data) }, shared, into);
  return into;
}

export function finisherOf(apply: TransformFunction, options: Partial<FinisherOptions> = {}): Finisher {
  return new Finisher({
    tables: { [qualifiedName]: tableOf(apply) },
    recordBytesMax: 10_000,
    bytesMax: 5_000_000,
    lookups: { read: () => Promise.reject(new Error('nobody wants names')) },
    ...options,
  });
}

/** What becomes of inserts of these rows. */
export async function finished(apply: TransformFunction, ...rows: readonly Row[]): Promise<readonly Step[]> {
  return (await finisherOf(apply).finish(draftsOf(apply, rows))).ready;
}
