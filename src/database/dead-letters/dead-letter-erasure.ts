import type { Client } from 'pg';
import type { TextForm } from '../storable-text.ts';
import { DEAD_LETTER_TABLE } from './dead-letter-plan.ts';

/** So many records are in memory at once. */
const PAGE_ROWS = 50;

type Row = { id: string; table: string; record: string };

/**
 * Deletes the letters whose record `isErased`, also such as have no objectID; resolves with how many. Those that kept no record say
 * nothing of whom it was about: they are judged when their row is read again.
 */
export async function removeErased(
  client: Client,
  slot: string,
  form: TextForm,
  isErased: (table: string, record: string) => boolean,
): Promise<number> {
  let removed = 0;
  for (let last = '0'; ; ) {
    const { rows } = await client.query<Row>(
      `SELECT id::text AS id, table_name AS "table", record FROM ${DEAD_LETTER_TABLE}
       WHERE slot_name = $1 AND id > $2::bigint AND record IS NOT NULL ORDER BY id LIMIT ${PAGE_ROWS}`,
      [slot, last],
    );
    const erased = rows.filter(({ table, record }) => isErased(form.nameOf(table), record));
    if (erased.length > 0) {
      await client.query(
        `DELETE FROM ${DEAD_LETTER_TABLE} WHERE slot_name = $1 AND id = ANY ($2::bigint[])`,
        [slot, erased.map(({ id }) => id)],
      );
      removed += erased.length;
    }
    const next = rows.at(-1)?.id;
    if (next === undefined || rows.length < PAGE_ROWS) return removed;
    last = next;
  }
}
