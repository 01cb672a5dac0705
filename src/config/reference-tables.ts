import type { Config } from './schema.ts';

/** Names of tables whose changes have to come, and of those whose changes may come beside them and are of use then. */
export type StreamedTables = { readonly tables: readonly string[]; readonly references: readonly string[] };

/** Tables with records and reference tables that are followed have to; other reference tables may. */
export function streamedTables({ tables, lookups }: Pick<Config, 'tables' | 'lookups'>): StreamedTables {
  const all = Object.values(lookups);
  const followed = all.filter(({ follow }) => follow).map(({ table }) => table);
  const needed = new Set([...Object.keys(tables), ...followed]);
  const others = all.map(({ table }) => table).filter((table) => !needed.has(table));
  return { tables: [...needed], references: [...new Set(others)] };
}
