import type { FoundTable } from '../database/found-tables.ts';
import { words } from './column-words.ts';

/** An index for each table, after its name; with its schema where two tables have the same one. */
export function indexNames(tables: readonly FoundTable[]): ReadonlyMap<FoundTable, string> {
  const taken = new Set<string>();
  return new Map(
    tables.map((table) => {
      const short = words(table.name) || 'audit_log';
      let name = taken.has(short) ? words(`${table.schema} ${table.name}`) : short;
      for (let count = 2; taken.has(name); count++) name = `${short}_${count}`;
      taken.add(name);
      return [table, name] as const;
    }),
  );
}
