import type { FoundColumn, FoundTable, UniqueIndex } from '../database/found-tables.ts';
import { isNumber, isUuid } from './column-kinds.ts';
import { squeezed } from './column-words.ts';
import { isDelicate } from './sensitive-names.ts';

/** The columns that become the objectID. */
export type RowKey = {
  readonly columns: readonly string[];
  /** Whether Postgres sees to it that no two rows share them, and none lacks them. */
  readonly isSure: boolean;
};

const NAMES = ['id', 'uuid', 'guid', 'eventid', 'eventuuid', 'auditid', 'logid', 'entryid', 'recordid'];

/**
 * The primary key, else the unique index with the fewest columns, else a guess; undefined when nothing lends itself. Columns that tell who
 * somebody is come last: the objectID would show them.
 */
export function findRowKey(table: FoundTable): RowKey | undefined {
  const sure = table.uniqueIndexes.filter((each) => weakness(each) === undefined);
  const index = sure.find(({ columns }) => !columns.some(isDelicate)) ?? sure[0];
  if (index !== undefined) return { columns: index.columns, isSure: true };
  const guess = likelyKey(table.columns.filter(({ isGenerated, isArray }) => !isGenerated && !isArray));
  return guess === undefined ? undefined : { columns: [guess.name], isSure: false };
}

/** What grows with every row, so that rows of the same moment stand in its order. */
export function findSequence({ columns }: FoundTable, key: RowKey): FoundColumn | undefined {
  const numbers = columns.filter(
    (column) => isNumber(column) && !column.isArray && key.columns.includes(column.name),
  );
  return numbers.find(({ isCounted }) => isCounted) ?? (key.columns.length === 1 ? numbers[0] : undefined);
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
    columns.find((column) => isUuid(column) && column.hasDefault) ??
    byName.find((column) => column !== undefined)
  );
}
