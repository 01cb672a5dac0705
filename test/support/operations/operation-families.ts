import { columnTypes } from './column-types.ts';
import { columns } from './columns.ts';
import { filtersAndLists } from './filters-and-lists.ts';
import { keyChanges } from './key-changes.ts';
import { logicalMessages } from './logical-messages.ts';
import type { OperationCase } from './operation-case.ts';
import { partitionLifetimes } from './partition-lifetimes.ts';
import { partitionRows } from './partition-rows.ts';
import { renamedTables } from './renamed-tables.ts';
import { replicaIdentities, tablesWithoutKey } from './replica-identities.ts';
import { rowChanges } from './row-changes.ts';
import { severalTables } from './several-tables.ts';
import { generatedColumns, textsAndIdentifiers } from './texts-and-generated.ts';
import { toastInContext } from './toast-in-context.ts';
import { preparedTransactions, transactions } from './transactions.ts';
import { truncations } from './truncations.ts';
import { unchangedToast } from './unchanged-toast.ts';

/** Every operation that an application can do to published tables, by what it is about. */
export const operationFamilies: Readonly<Record<string, readonly OperationCase[]>> = {
  'changes of rows': rowChanges,
  'changes of keys': keyChanges,
  'replica identity': replicaIdentities,
  'a table without a key': tablesWithoutKey,
  'rows in partitions': partitionRows,
  'partitions that come and go': partitionLifetimes,
  columns: columns,
  'types of columns': columnTypes,
  'a table is renamed': renamedTables,
  'several tables': severalTables,
  'row filters and column lists': filtersAndLists,
  transactions: transactions,
  'prepared transactions': preparedTransactions,
  'logical messages': logicalMessages,
  'identifiers and texts': textsAndIdentifiers,
  'generated columns': generatedColumns,
  TRUNCATE: truncations,
  'large columns that do not travel': unchangedToast,
  'large columns that do not travel, in context': toastInContext,
};
