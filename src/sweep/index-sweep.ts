import type { Algolia } from '../algolia/client.ts';
import type { WalkedRecord } from '../algolia/walk.ts';
import type { Config } from '../config/schema.ts';
import type { Wishes } from '../refresh/wishes.ts';
import type { Patience } from './patience.ts';

export type IndexSweepOptions = {
  readonly algolia: Pick<Algolia, 'walk' | 'isPublished'>;
  readonly wishes: Pick<Wishes, 'ask'>;
  readonly patience: Patience;
  readonly tables: Config['tables'];
};

export type Walk = {
  readonly index: string;
  /** Those whose records are looked at. */
  readonly tables: readonly string[];
  readonly attributes: readonly string[];
  readonly filters?: string | undefined;
  /** What a record is to go for; undefined where it stays. */
  readonly judge: (record: WalkedRecord, table: string) => string | undefined;
  /** These were removed, unless their rows say otherwise by now; how many for what. */
  readonly onRemoved: (counts: ReadonlyMap<string, number>) => Promise<void>;
  /** Default: as fast as the line takes them. */
  readonly perSecondMax?: number | undefined;
};

/** Of one wish: what the stream brings meanwhile waits behind no more. */
const RECORDS_PER_WISH = 100;
const QUESTION_PAUSE_MS = 100;
const FRUITLESS_PAUSE_MS = 30_000;

/**
 * Removes records from an index by the line: each is read again in it, and goes unless its row says otherwise by now. Resolves when a walk
 * that began behind everything that was written before finds none. A walk sees what is published, and promises nothing about what changes meanwhile,
 * so it is taken again until then. https://www.algolia.com/doc/rest-api/search/#tag/Search/operation/browse
 */
export async function sweepIndex(options: IndexSweepOptions, walk: Walk): Promise<void> {
  await untilPublished(options, walk.index, [impossibleKey(options, walk)]);
  for (let last = Number.POSITIVE_INFINITY; ; ) {
    const found = await sweepOnce(options, walk);
    if (found === 0) return;
    // What does not become less cannot be removed: its row may not be read, or somebody else writes there.
    if (found >= last) await options.patience.pause(FRUITLESS_PAUSE_MS);
    last = found;
  }
}

/** One walk: what is written behind it is found by the next. Resolves with how many were found. */
export async function sweepOnce(options: IndexSweepOptions, walk: Walk): Promise<number> {
  const { algolia, patience, tables } = options;
  const { index, attributes, filters, perSecondMax = RECORDS_PER_WISH } = walk;
  const perWish = Math.min(RECORDS_PER_WISH, perSecondMax);
  let found = 0;
  let cursor: string | undefined;
  do {
    const page = await patience.persist(() => algolia.walk(index, { attributes, filters, cursor }));
    const gone = page.records.flatMap((record) => {
      const table = walk.tables.find((name) =>
        record.objectID.startsWith(tables[name]?.objectIDPrefix ?? ''),
      );
      const reason = table === undefined ? undefined : walk.judge(record, table);
      return table === undefined || reason === undefined
        ? []
        : [{ table, objectID: record.objectID, reason }];
    });
    for (let at = 0; at < gone.length; at += perWish) {
      const some = gone.slice(at, at + perWish);
      await remove(options, walk, some, at + perWish >= gone.length);
    }
    found += gone.length;
    cursor = page.cursor;
  } while (cursor !== undefined);
  return found;
}

type Gone = { readonly table: string; readonly objectID: string; readonly reason: string };

async function remove(
  options: IndexSweepOptions,
  walk: Walk,
  some: readonly Gone[],
  waits: boolean,
): Promise<void> {
  const startedAtMs = performance.now();
  if (waits) await untilPublished(options, walk.index, some);
  else await options.wishes.ask(some.map(removal));
  const counts = new Map<string, number>();
  for (const { reason } of some) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  await walk.onRemoved(counts);
  const { perSecondMax } = walk;
  if (perSecondMax === undefined) return;
  const spentMs = performance.now() - startedAtMs;
  await options.patience.pause(Math.max(0, (1_000 * some.length) / perSecondMax - spentMs));
}

const removal = ({ table, objectID }: Pick<Gone, 'table' | 'objectID'>) => ({
  table,
  objectID,
  isRemoval: true,
});

/** Tasks of one index are worked off in order, so behind the last one everything is published that was written before, by earlier sessions too. */
async function untilPublished(
  { algolia, wishes, patience }: IndexSweepOptions,
  index: string,
  gone: readonly Pick<Gone, 'table' | 'objectID'>[],
): Promise<void> {
  const tasks = await wishes.ask(gone.map(removal));
  const task = tasks.findLast((each) => each.index === index);
  if (task === undefined) return;
  while (!(await patience.persist(() => algolia.isPublished(index, task.taskID)))) {
    await patience.pause(QUESTION_PAUSE_MS);
  }
}

/** There is hardly such a row; where there is, its record is written as it is. */
function impossibleKey({ tables }: IndexSweepOptions, walk: Walk): Pick<Gone, 'table' | 'objectID'> {
  const table = walk.tables[0] ?? '';
  const { objectIDPrefix = '', objectID = [] } = tables[table] ?? {};
  return { table, objectID: objectIDPrefix + objectID.map(() => '0').join(':') };
}
