import type { TypeCatalog } from '../database/type-catalog.ts';
import { type ColumnType, underlyingType } from './column-type.ts';

/** How a value that makes its record too large is cut: text to its beginning, what has a structure to null. */
export type FreeForm = 'text' | 'structure';

/** https://github.com/postgres/postgres/blob/REL_18_STABLE/src/include/catalog/pg_type.dat */
const TEXTS = new Set([25, 1042, 1043, 142]);
const STRUCTURES = new Set([17, 22, 30, 114, 3802]);
/** Arrays, composites, ranges, geometry, bit strings, and what is user-defined: hstore, tsvector. */
const STRUCTURED = 'ACRGVU';

/**
 * Undefined for numbers, times, booleans, enums and network addresses, which say something else when a part of them is missing.
 * https://www.postgresql.org/docs/current/catalog-pg-type.html#CATALOG-TYPCATEGORY-TABLE
 */
export function freeForm(type: ColumnType, types: TypeCatalog): FreeForm | undefined {
  const { oid } = underlyingType(type, types);
  const category = types.get(oid)?.category;
  if (TEXTS.has(oid) || category === 'S') return 'text';
  if (STRUCTURES.has(oid)) return 'structure';
  return category !== undefined && STRUCTURED.includes(category) ? 'structure' : undefined;
}
