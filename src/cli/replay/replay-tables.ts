import { indexProblem } from '../../config/rules.ts';
import type { Config } from '../../config/schema.ts';
import { UsageError } from '../../errors.ts';
import { chosenTables } from '../chosen-tables.ts';

/** Those that `--table` names, or all, as they are configured. Throws a UsageError for one that is not. */
export function replayedTables({ tables }: Config, named: readonly string[] | undefined): Config['tables'] {
  const names = chosenTables({ tables }, named);
  return Object.fromEntries(Object.entries(tables).filter(([name]) => names.includes(name)));
}

/**
 * The configuration by which these tables fill another index, as they fill theirs: without a status record or a backfill, and
 * confirmed only when published. Throws a UsageError where that cannot be.
 */
export function configInto(config: Config, tables: Config['tables'], index: string): Config {
  const problem = index === '' ? 'a name that is not empty' : indexProblem(index);
  if (problem !== undefined) throw new UsageError(`--into: expected ${problem}`);
  const { statusIndex, ...algolia } = config.algolia;
  const used = Object.values(config.tables).map((table) => table.index);
  if (used.includes(index) || index === statusIndex) {
    throw new UsageError(`index ${index} is one of the configuration, which the running pipeline writes`, {
      remedy: 'Name another index, or leave --into out to have the rows read again into their own.',
    });
  }
  const indexes = [...new Set(Object.values(tables).map((table) => table.index))];
  if (indexes.length > 1) {
    throw new UsageError(`the tables go to several indexes (${indexes.join(', ')}), and --into is one`, {
      remedy: 'Name those of one of them with --table, and replay once for each.',
    });
  }
  const into = Object.entries(tables).map(([name, table]) => [name, { ...table, index }] as const);
  return {
    ...config,
    replication: { ...config.replication, onSlotLost: 'stop' },
    backfill: 'never',
    verify: { ...config.verify, everyHours: undefined },
    tables: Object.fromEntries(into),
    algolia: { ...algolia, statusIndex: undefined, confirmAfter: 'published' },
  };
}
