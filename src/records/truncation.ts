import type { TableConfig } from '../config/schema.ts';
import type { Truncation } from './operations.ts';

/** https://www.algolia.com/doc/rest-api/search/batch */
const CLEAR = Buffer.from('{"action":"clear","body":{}}');

/** The step that takes away all records of a table, given all tables: others may share its index. */
export function truncation(table: string, tables: Readonly<Record<string, TableConfig>>): Truncation {
  const { index = '', objectIDPrefix = '' } = tables[table] ?? {};
  const sharing = Object.values(tables).filter((other) => other.index === index).length;
  const prefix = sharing > 1 ? objectIDPrefix : undefined;
  return { kind: 'truncate', table, index, prefix, bytes: CLEAR, start: 0, end: CLEAR.length };
}
