import { documentColumns } from '../config/columns.ts';
import type { TableConfig } from '../config/schema.ts';
import type { TextLimit } from '../database/rows/key-query.ts';
import type { TableShape } from '../database/rows/table-shape.ts';
import type { TypeCatalog } from '../database/type-catalog.ts';
import { storedType, valueEncoder } from '../records/column-type.ts';
import { freeForm } from '../records/free-form.ts';
import { DOCUMENT_BYTES_MAX } from '../records/path-encoder.ts';
import { encodedBytesMax, textBytesMax } from '../records/record-field.ts';

const PLAIN = { as: undefined, timeZone: undefined, millisKey: undefined, subject: '' };

/**
 * How much of a row that is read again can matter, by column: what is longer cannot become part of a record, and where the record is cut
 * no more of it is written. Characters are counted where the encoder counts bytes, of which they have at least as many.
 */
export function textLimits(
  { columns }: TableShape,
  table: TableConfig,
  types: TypeCatalog,
  recordBytesMax: number,
): ReadonlyMap<string, TextLimit> {
  const limits = new Map<string, TextLimit>();
  const encodedMax = encodedBytesMax(table, recordBytesMax);
  const inParts = documentColumns(table);
  for (const { name, typeOid: oid, typeModifier: modifier, isVariable } of columns) {
    const type = { oid, modifier };
    // Those of other types are never large: the longest number has 147 kB.
    if (!isVariable || table.objectID.includes(name) || freeForm(type, types) === undefined) continue;
    const bytesMax = inParts.has(name)
      ? DOCUMENT_BYTES_MAX
      : textBytesMax(valueEncoder(type, types, PLAIN), encodedMax);
    const charactersMax = bytesMax + 1;
    limits.set(name, { charactersMax, stored: storedType(type, types) });
  }
  return limits;
}
