import { expect, it } from 'vitest';
import { checkSlot, type Slot } from '../../../src/database/slot.ts';
import type { Wal2AlgoliaError } from '../../../src/errors.ts';
import type { Lsn } from '../../../src/lsn.ts';

const wanted = { name: 's', plugin: 'pgoutput', database: 'd' };

/** What is said of a slot that is lost for this reason. */
function remedyFor(invalidationReason: string | undefined): string | undefined {
  const slot = {
    ...wanted,
    temporary: false,
    confirmedLsn: 5n as Lsn,
    walStatus: 'lost',
    invalidationReason,
  };
  try {
    checkSlot(slot as Slot, wanted);
    return undefined;
  } catch (error) {
    return (error as Wal2AlgoliaError).remedy;
  }
}

it.each([
  [undefined, /recover --yes.*Raise max_slot_wal_keep_size/],
  ['wal_removed', /recover --yes.*Raise max_slot_wal_keep_size/],
  ['idle_timeout', /recover --yes.*Set idle_replication_slot_timeout to 0/],
  ['rows_removed', /recover --yes.*hot_standby_feedback/],
  ['wal_level_insufficient', /recover --yes.*Keep wal_level/],
])('lost for %s: what keeps it from being lost again', (reason, remedy) => {
  expect(remedyFor(reason)).toMatch(remedy);
});
