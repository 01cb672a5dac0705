import type { Config } from './schema.ts';

type Tables = Pick<Config, 'tables' | 'lookups'>;

/** Names of the tables whose changes have to come: those that have records, and reference tables that are followed. */
export function followedTables({ tables, lookups }: Tables): readonly string[] {
  const followed = Object.values(lookups).filter(({ follow }) => follow);
  return [...new Set([...Object.keys(tables), ...followed.map(({ table }) => table)])];
}

/** Names of the tables whose changes may come beside those, and are of use then. */
export function referenceTables(config: Tables): readonly string[] {
  const followed = followedTables(config);
  const others = Object.values(config.lookups).filter(({ table }) => !followed.includes(table));
  return [...new Set(others.map(({ table }) => table))];
}
