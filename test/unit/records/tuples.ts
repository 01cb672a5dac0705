import type { PgType, TypeCatalog } from '../../../src/database/type-catalog.ts';
import type { Lsn } from '../../../src/lsn.ts';
import { isOperation, type Operation, type Step } from '../../../src/records/operations.ts';
import {
  type Begin,
  COLUMN_NULL,
  COLUMN_UNCHANGED,
  type Column,
  type Relation,
  type Tuple,
} from '../../../src/replication/messages.ts';

export const UNCHANGED = Symbol('unchanged TOAST');
export type ColumnText = string | Buffer | null | typeof UNCHANGED;

/** A row image of these texts, between other bytes, as in a socket read. */
export function tupleOf(...columns: readonly ColumnText[]): Tuple {
  const chunks: Buffer[] = [Buffer.from('"before\\')];
  const spans: number[] = [];
  let offset = 8;
  for (const column of columns) {
    if (column === null || column === UNCHANGED) {
      spans.push(column === null ? COLUMN_NULL : COLUMN_UNCHANGED, 0);
      continue;
    }
    const bytes = Buffer.from(column);
    chunks.push(bytes);
    spans.push(offset, offset + bytes.length);
    offset += bytes.length;
  }
  const bytes = Buffer.concat([...chunks, Buffer.from('"after\\')]);
  return { bytes, columnCount: columns.length, locate: (into) => into.set(spans) };
}

type ColumnOptions = Partial<Omit<Column, 'name'>>;

/** `id` is the replica identity; every other column is text unless an OID says otherwise. */
export function relationOf(
  columns: Readonly<Record<string, number | ColumnOptions>>,
  options: Partial<Relation> = {},
): Relation {
  return {
    tag: 'relation',
    oid: 16_500,
    schema: 'public',
    name: 'audit_log',
    replicaIdentity: 'default',
    columns: Object.entries(columns).map(([name, column]) => ({
      name,
      typeModifier: -1,
      isKey: name === 'id',
      ...(typeof column === 'number' ? { typeOid: column } : { typeOid: 25, ...column }),
    })),
    ...options,
  };
}

export const begin: Begin = {
  tag: 'begin',
  commitLsn: 0x1776b48n as Lsn,
  committedAtMicros: 1_795_000_000_123_456n,
  xid: 7,
};

const plain = { kind: 'b', category: 'U', elementOid: 0, delimiter: ',', baseOid: 0, baseModifier: -1 };

export function catalogOf(...types: readonly (Pick<PgType, 'oid'> & Partial<PgType>)[]): TypeCatalog {
  return new Map(types.map((type) => [type.oid, { ...plain, name: `type_${type.oid}`, ...type }]));
}

export type ReadOperation = Pick<Operation, 'kind' | 'index' | 'objectID'> & {
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>> | undefined;
};

/** Operations as the index will read them. */
export function operationsOf(steps: readonly Step[]): readonly ReadOperation[] {
  return steps.flatMap((step) => {
    if (!isOperation(step)) return [];
    const { kind, index, objectID } = step;
    const text = step.bytes.toString('utf8', step.start, step.end);
    const { body } = JSON.parse(text) as { body?: Record<string, unknown> };
    return [{ kind, index, objectID, text, body }];
  });
}
