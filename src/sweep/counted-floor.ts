import type { Algolia } from '../algolia/client.ts';
import { NewestTimes } from './newest-times.ts';
import type { Patience } from './patience.ts';

/** So much of what may be there is left, so that not every new record has all of them counted. */
const KEPT = 0.99;

export type Counted = {
  readonly index: string;
  /** The milliseconds by which records are old. */
  readonly attribute: string;
  readonly recordsMax: number;
};

/**
 * The floor above which no more records are left than `recordsMax`, in milliseconds since 1970; undefined where there are no more of them. A look at
 * one page mostly says so. Beyond it all are walked and counted, since the number that comes with a page may be an estimate; those without a
 * time count and stay.
 */
export async function countedFloor(
  { algolia, patience }: { readonly algolia: Pick<Algolia, 'walk'>; readonly patience: Patience },
  { index, attribute, recordsMax }: Counted,
): Promise<number | undefined> {
  const keptMax = Math.floor(KEPT * recordsMax);
  const times = new NewestTimes(keptMax);
  let count = 0;
  let timeless = 0;
  let cursor: string | undefined;
  do {
    const page = await patience.persist(() => algolia.walk(index, { attributes: [attribute], cursor }));
    if (count === 0 && page.count <= recordsMax) return undefined;
    count += page.records.length;
    for (const { values } of page.records) {
      const time = values[attribute];
      if (typeof time === 'number') times.add(time);
      else timeless += 1;
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
  if (count <= recordsMax) return undefined;
  const kept = keptMax - timeless;
  // As many of them as may be there have no time: nothing says which are older.
  return kept <= 0 ? undefined : times.newest(kept);
}
