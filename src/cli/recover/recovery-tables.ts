import type { Config } from '../../config/schema.ts';
import { rowTime } from '../../config/table-retention.ts';
import type { RowScope } from '../../database/rows/row-scope.ts';
import { isTimeColumn } from '../../database/rows/time-column.ts';
import { presenceOnly } from '../../verify/mapped-part.ts';
import type { Connection } from '../connection.ts';

/** What is loaded again of a table. */
export type TableAgain = {
  readonly table: string;
  readonly scope: RowScope;
  /** In words. */
  readonly rows: string;
};

/** From `since` on, where that is known and rows say when they happened; all of a table otherwise. */
export async function tablesAgain(
  client: Connection,
  { tables, keys }: Pick<Config, 'tables' | 'keys'>,
  since: string | null,
): Promise<readonly TableAgain[]> {
  const again: TableAgain[] = [];
  for (const [table, mapping] of Object.entries(tables)) {
    const time = rowTime(mapping, keys);
    const uncompared = mayHaveChanged(mapping) ? presenceOnly(mapping) : undefined;
    if (since === null) {
      again.push({ table, scope: {}, rows: 'all rows, since nobody knows when the slot was confirmed last' });
    } else if (uncompared !== undefined) {
      again.push({ table, scope: {}, rows: `all rows, since changed ones cannot be told: ${uncompared}` });
    } else if (time === undefined || !(await isTimeColumn(client, table, time.column))) {
      again.push({ table, scope: {}, rows: 'all rows, since no column says when one happened' });
    } else {
      const scope = { time: { ...time, from: since, to: undefined } };
      again.push({ table, scope, rows: `rows with ${time.column} from ${since} on` });
    }
  }
  return again;
}

/** Old rows among them, which only a comparison finds. */
function mayHaveChanged({ operations }: Config['tables'][string]): boolean {
  return operations?.every((each) => each === 'insert') !== true;
}
