import type { Recovery } from '../../database/own-tables/recovery-table.ts';
import { checkSlot, type Slot } from '../../database/slot.ts';
import { PreconditionError } from '../../errors.ts';
import { formatLsn } from '../../lsn.ts';

/** What is done about the slot: dropped and made anew, made anew, or nothing, since the new one is there. */
export type Road = 'replace' | 'make' | 'go-on';

type Wanted = { readonly name: string; readonly plugin: string; readonly database: string };

/** Throws a PreconditionError where there is nothing to come back from, or somebody has to let go first. */
export function roadBack(slot: Slot | undefined, wanted: Wanted, open: Recovery | undefined): Road {
  if (slot === undefined) return 'make';
  // Of another plugin or database, it is nobody's to drop.
  checkSlot({ ...slot, walStatus: 'reserved' }, wanted);
  if (slot.walStatus === 'lost') {
    if (slot.activePid === undefined) return 'replace';
    throw new PreconditionError(
      `slot "${slot.name}" is lost, and walsender ${slot.activePid} still holds it`,
      {
        remedy: 'Stop who reads it, then call this again. Nothing was done.',
      },
    );
  }
  if (open !== undefined) return 'go-on';
  const holder = slot.activePid === undefined ? '' : `, and walsender ${slot.activePid} reads it`;
  throw new PreconditionError(
    `slot "${slot.name}" is not lost: it stands at ${formatLsn(slot.confirmedLsn)} (${slot.walStatus})${holder}`,
    {
      remedy:
        'Nothing was done: `wal2algolia run` goes on from there. For rows from before the slot there is `wal2algolia backfill`, to compare `wal2algolia verify`.',
    },
  );
}
