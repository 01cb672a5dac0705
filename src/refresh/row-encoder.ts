import type { Config } from '../config/schema.ts';
import type { Rows } from '../database/rows/row-reader.ts';
import type { TableShape } from '../database/rows/table-shape.ts';
import type { TypeCatalog } from '../database/type-catalog.ts';
import { drafted } from '../records/draft-encoder.ts';
import type { Exclusions } from '../records/exclusion.ts';
import type { Operation, Refresh } from '../records/operations.ts';
import { compileEncoder, type Encoded, type RecordEncoder } from '../records/record-encoder.ts';
import type { ReferenceNames } from '../records/reference-names.ts';
import { Slab } from '../records/slab.ts';
import { NO_TRANSACTION } from '../records/transaction.ts';
import { textTuple } from './text-tuple.ts';

export type RowEncoderOptions = {
  readonly tables: Config['tables'];
  readonly types: TypeCatalog;
  readonly recordBytesMax: number;
  /** Reference tables, by the names of their lookups. */
  readonly lookups?: ReadonlyMap<string, ReferenceNames>;
  /** Rows that get no record. */
  readonly exclusions?: Exclusions | undefined;
};

type Compiled = { readonly columns: string; readonly encoder: RecordEncoder };

/** Rows that were read become records in the same way as changes do; a table is looked at anew when its columns are others. */
export class RowEncoder {
  readonly #options: RowEncoderOptions;
  readonly #slab = new Slab();
  readonly #compiled = new Map<string, Compiled>();

  constructor(options: RowEncoderOptions) {
    this.#options = options;
  }

  /** Nobody needs what was encoded so far any more. */
  release(): void {
    this.#slab.release(this.#slab.bytes);
  }

  /** By objectID, those that were asked for. */
  encode(table: string, { shape, rows }: Rows, refreshes: readonly Refresh[]): ReadonlyMap<string, Encoded> {
    const encoder = this.#encoder(table, shape);
    const byObjectID = new Map(refreshes.map((refresh) => [refresh.objectID, refresh.transaction]));
    const encoded = new Map<string, Encoded>();
    for (const row of rows) {
      const step = encoder.row(textTuple(row), (objectID) => byObjectID.get(objectID));
      if (step?.objectID !== undefined) encoded.set(step.objectID, step);
    }
    return encoded;
  }

  /** Of each row, as if somebody had asked for it; undefined for one that can have no objectID. */
  *encodeEach(table: string, { shape, rows }: Rows): Generator<Encoded | undefined> {
    const encoder = this.#encoder(table, shape);
    for (const row of rows) yield encoder.row(textTuple(row), () => NO_TRANSACTION);
  }

  absent(table: string, shape: TableShape, objectID: string): Operation {
    return this.#encoder(table, shape).absent(objectID);
  }

  #encoder(table: string, shape: TableShape): RecordEncoder {
    const columns = JSON.stringify(shape.columns);
    const known = this.#compiled.get(table);
    if (known?.columns === columns) return known.encoder;
    const encoder = this.#compile(table, shape);
    this.#compiled.set(table, { columns, encoder });
    return encoder;
  }

  #compile(qualifiedName: string, shape: TableShape): RecordEncoder {
    const { tables, types, recordBytesMax, lookups, exclusions } = this.#options;
    const table = tables[qualifiedName];
    if (table === undefined) throw new TypeError(`${qualifiedName} is not configured`);
    const columns = shape.columns.map((column) => ({ ...column, isKey: false }));
    const { relationOid: oid, schema, name } = shape;
    const relation = { tag: 'relation', oid, schema, name, replicaIdentity: 'default', columns } as const;
    const what = { relation, table, qualifiedName, types, recordBytesMax, slab: this.#slab };
    return drafted(compileEncoder({ ...what, lookups, exclusions }), table);
  }
}
