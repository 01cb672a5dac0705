import type { Config } from '../config/schema.ts';
import { UsageError } from '../errors.ts';

/** Those that `--table` names, each once, or all. Throws a UsageError for one that is not configured. */
export function chosenTables(
  { tables }: Pick<Config, 'tables'>,
  named: readonly string[] | undefined,
): readonly string[] {
  const configured = Object.keys(tables);
  const unknown = named?.filter((name) => !configured.includes(name)) ?? [];
  if (unknown.length === 0) return named === undefined ? configured : [...new Set(named)];
  throw new UsageError(`table ${unknown.join(', ')} is not configured`, {
    remedy: `Name one of ${configured.join(', ')}.`,
  });
}
