import type { FoundColumn, FoundTable, UniqueIndex } from '../database/found-tables.ts';
import { isUuid } from './column-kinds.ts';
import { squeezed } from './column-words.ts';

/** The columns that become the objectID. */
export type RowKey = {
  readonly columns: readonly string[];
  /** Whether Postgres sees to it that no two rows share them, and none lacks them. */
  readonly isSure: boolean;
};

const NAMES = ['id', 'uuid', 'guid', 'eventid', 'eventuuid', 'auditid', 'logid', 'entryid', 'recordid'];

/** The primary key, else the unique index with the fewest columns, else a guess; undefined when nothing lends itself. */
export function findRowKey(table: FoundTable): RowKey | undefined {
  const index = table.uniqueIndexes.find((each) => weakness(each) === undefined);
  if (index !== undefined) return { columns: index.columns, isSure: true };
  const guess = likelyKey(table.columns.filter(({ isGenerated, isArray }) => !isGenerated && !isArray));
  return guess === undefined ? undefined : { columns: [guess.name], isSure: false };
}

/** Why it does not tell every row apart at every moment; undefined when it does. */
export function weakness(index: UniqueIndex): string | undefined {
  if (index.isPartial) return 'covers only some of the rows';
  if (index.hasExpressions) return 'is on expressions';
  if (index.isDeferrable) return 'is deferrable, so that two rows may share it for a while';
  if (index.hasGenerated) return 'is on a generated column, which is not in the WAL';
  return index.allowsNull ? 'allows NULL' : undefined;
}

function likelyKey(columns: readonly FoundColumn[]): FoundColumn | undefined {
  const byName = NAMES.map((name) => columns.find((column) => squeezed(column.name) === name));
  return (
    columns.find(({ isCounted }) => isCounted) ??
    columns.find((column) => isUuid(column) && column.filledBy !== null) ??
    byName.find((column) => column !== undefined)
  );
}
