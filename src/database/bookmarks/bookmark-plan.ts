import type { Client } from 'pg';
import { PreconditionError } from '../../errors.ts';
import { lookAtOwnTable, nameOf, type OwnTable } from '../own-tables/own-table-plan.ts';

/** Positions of a slot by name. The WAL behind each is kept by a slot of its own, `bookmark_slot`. */
export const BOOKMARKS: OwnTable = {
  name: 'bookmark',
  columns: [
    ['slot_name', 'text NOT NULL'],
    ['name', 'text NOT NULL'],
    ['bookmark_slot', 'text NOT NULL'],
    ['position', 'pg_lsn NOT NULL'],
    ['created_at', 'timestamptz NOT NULL'],
    ['expires_at', 'timestamptz NOT NULL'],
    ['wal_max_bytes', 'bigint NOT NULL'],
  ],
  indexes: { bookmark_key: '(slot_name, name)' },
  rights: ['SELECT', 'INSERT', 'DELETE'],
};

export const BOOKMARK_TABLE = nameOf(BOOKMARKS);

/** Whether there is a table. Rejects with a PreconditionError where there is one that this role may not use. */
export async function findBookmarkTable(client: Client): Promise<boolean> {
  const { isThere, missing } = await lookAtOwnTable(client, BOOKMARKS);
  if (isThere && missing.length > 0) throw unusable(missing);
  return isThere;
}

/** Rejects with a PreconditionError where the table is not as it must be. */
export async function checkBookmarkTable(client: Client): Promise<void> {
  const { missing } = await lookAtOwnTable(client, BOOKMARKS);
  if (missing.length > 0) throw unusable(missing);
}

function unusable(missing: readonly string[]): PreconditionError {
  return new PreconditionError(`${BOOKMARK_TABLE} is not there, or not as it must be`, {
    remedy: `Run \`wal2algolia setup\`, or as the owner: ${missing.join('; ')}.`,
  });
}
