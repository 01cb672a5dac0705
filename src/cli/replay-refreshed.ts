import { streamedTables } from '../config/reference-tables.ts';
import { askInWal } from '../database/refresh-asking.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import type { Lsn } from '../lsn.ts';
import { refreshRequests } from '../records/refresh-request.ts';
import type { Keys } from '../replay/touched-keys.ts';
import { readTouched, type Touched } from '../replay/touched-reading.ts';
import { counted } from './amounts.ts';
import { endedEarly, type Replay, replayFacts } from './replay-facts.ts';
import { ReplayProgress } from './replay-progress.ts';
import { type SlotPassing, withSlotPassing } from './slot-passing.ts';

/** Of one message: whoever holds the slot reads their rows with one query or two, and the slot is seen to move. */
const MESSAGE_KEYS = 1_000;

const RERUN = 'Run it again: the bookmark stays, and what was done is done again.';

/** Has the rows that were touched since the bookmark read again, by whoever holds the slot. */
export async function replayRefreshed(replay: Replay): Promise<ExitCode> {
  const { context, client, config, tables, bookmark, until } = replay;
  const { output, signal } = context;
  const done = { records: 0, at: bookmark.lsn };
  const progress = new ReplayProgress({
    output,
    logSink: context.stderr,
    from: bookmark.lsn,
    to: until.lsn,
    look: () => ({ at: done.at, done: counted(done.records, 'record') }),
  });
  const onKeys = async (keys: Keys, passing: SlotPassing): Promise<void> => {
    const target = await ask(replay, keys);
    if (target !== undefined) await passing.passed({ target });
    for (const some of keys.values()) done.records += some.size;
  };
  const onPosition = (lsn: Lsn): void => {
    done.at = lsn;
  };
  try {
    const touched = await withSlotPassing({ client, config, signal, logSink: progress.logSink }, (passing) =>
      readTouched({
        session: {
          url: config.postgres.url.reveal(),
          ...config.replication,
          slot: bookmark.slot,
          publications: config.replication.publication,
          ...streamedTables(config),
          own: undefined,
        },
        until,
        tables,
        recordBytesMax: config.algolia.recordBytesMax,
        signal,
        onKeys: (keys) => onKeys(keys, passing),
        onPosition,
      }),
    );
    if (signal.aborted) throw endedEarly(done.at, RERUN);
    done.at = until.lsn;
    progress.close();
    report(replay, done.records, touched);
    return EXIT.done;
  } finally {
    progress.close();
  }
}

/** Resolves with a position behind what is asked; undefined when there is nothing to ask. */
async function ask({ client, config }: Replay, keys: Keys): Promise<Lsn | undefined> {
  const messages = [...keys].flatMap(([name, objectIDs]) => {
    const table = config.tables[name];
    if (table === undefined) return [];
    const { recordBytesMax } = config.algolia;
    return refreshRequests(name, [...objectIDs], table, recordBytesMax, MESSAGE_KEYS).messages;
  });
  return messages.length === 0 ? undefined : await askInWal(client, messages);
}

function report(replay: Replay, records: number, { transactions, truncated }: Touched): void {
  const { output } = replay.context;
  output.json({ ...replayFacts(replay), transactions, records, truncated: [...truncated] });
  output.line(
    `${counted(records, 'record')} of ${counted(transactions, 'transaction')} since bookmark ${replay.bookmark.name} read again`,
  );
  for (const table of truncated) {
    output.line(
      `note: ${table} was emptied meanwhile. Records of rows that went with it and were not touched since the bookmark are not looked for here.`,
    );
  }
}
