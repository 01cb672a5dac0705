import type { Client } from 'pg';
import { lookAtOwnTable } from '../own-tables/own-table-plan.ts';
import { textForm } from '../storable-text.ts';
import { deadLetterFailure } from './dead-letter-failure.ts';
import { DEAD_LETTER_TABLE, DEAD_LETTERS } from './dead-letter-plan.ts';

/** Those of the records for which a dead letter of the slot stands; none where there is no table of them that may be read. Rejects with a Wal2AlgoliaError. */
export async function letteredRecords(
  client: Client,
  slot: string,
  index: string,
  objectIDs: readonly string[],
): Promise<ReadonlySet<string>> {
  if (objectIDs.length === 0) return new Set();
  try {
    const { isReadable } = await lookAtOwnTable(client, DEAD_LETTERS);
    if (!isReadable) return new Set();
    const { rows: settings } = await client.query<{ encoding: string }>(
      `SELECT current_setting('server_encoding') AS encoding`,
    );
    const { name } = textForm(settings[0]?.encoding ?? '');
    const stored = new Map(objectIDs.map((objectID) => [name(objectID), objectID]));
    const { rows } = await client.query<{ id: string }>(
      `SELECT object_id AS id FROM ${DEAD_LETTER_TABLE} WHERE slot_name = $1 AND index_name = $2 AND object_id = ANY ($3)`,
      [slot, name(index), [...stored.keys()]],
    );
    return new Set(rows.flatMap(({ id }) => stored.get(id) ?? []));
  } catch (error) {
    throw deadLetterFailure(error);
  }
}
