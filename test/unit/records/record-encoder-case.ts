import type { TableConfig } from '../../../src/config/schema.ts';
import type { Step, Unfit } from '../../../src/records/operations.ts';
import {
  compileEncoder,
  type EncoderOptions,
  type RecordEncoder,
} from '../../../src/records/record-encoder.ts';
import { Slab } from '../../../src/records/slab.ts';
import { transaction } from '../../../src/records/transaction.ts';
import type { Relation } from '../../../src/replication/messages.ts';
import { begin, type ColumnText, operationsOf, relationOf, tupleOf } from './tuples.ts';

export const INT8 = 20;
export const TIMESTAMPTZ = 1184;
export const JSONB = 3802;

export type Options = Partial<Omit<EncoderOptions, 'table'>> & { readonly table?: Partial<TableConfig> };

export function encoderOf(relation: Relation, { table, ...options }: Options = {}): RecordEncoder {
  return compileEncoder({
    relation,
    table: { index: 'audit_log', objectID: ['id'], ...table },
    qualifiedName: 'public.audit_log',
    types: new Map(),
    recordBytesMax: 10_000,
    slab: new Slab(256),
    ...options,
  });
}

export const shared = transaction(begin);

export function insertedSteps(relation: Relation, columns: readonly ColumnText[], options?: Options) {
  const into: Step[] = [];
  encoderOf(relation, options).insert({ tag: 'insert', relation, new: tupleOf(...columns) }, shared, into);
  return into;
}

export function inserted(relation: Relation, columns: readonly ColumnText[], options?: Options) {
  return operationsOf(insertedSteps(relation, columns, options));
}

/** Why the row cannot be a record; its one step says so. */
export function unfit(relation: Relation, columns: readonly ColumnText[], options?: Options): Unfit {
  const [step, ...more] = insertedSteps(relation, columns, options);
  if (step?.kind !== 'unfit' || more.length > 0) throw new Error('the row is a record');
  return step;
}

export function thrown(work: () => unknown): Error & { remedy?: string } {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}

export const plain = relationOf({ id: INT8, note: 25, data: JSONB });
