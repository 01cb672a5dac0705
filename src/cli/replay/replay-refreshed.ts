import { streamedTables } from '../../config/reference-tables.ts';
import { IgnoredRequests } from '../../database/ignored-requests.ts';
import { askInWal } from '../../database/refresh-asking.ts';
import {
  EXIT,
  type ExitCode,
  SessionLostError,
  ShutdownDeadlineError,
  UnavailableError,
} from '../../errors.ts';
import type { Lsn } from '../../lsn.ts';
import { refreshRequests } from '../../records/refresh-request.ts';
import type { Keys } from '../../replay/touched-keys.ts';
import { type Touched, TouchedReading } from '../../replay/touched-reading.ts';
import { createLogger } from '../../telemetry/logger.ts';
import { counted } from '../amounts.ts';
import type { Connection } from '../connection.ts';
import { type SlotPassing, withSlotPassing } from '../slot-passing.ts';
import { untilDone } from './replay-attempts.ts';
import { bookmarkFailure } from './replay-bookmark.ts';
import { endedEarly, type Replay, replayFacts } from './replay-facts.ts';
import { ReplayProgress } from './replay-progress.ts';

/** Of one message: whoever holds the slot reads their rows with one query or two, and the slot is seen to move. */
const MESSAGE_KEYS = 1_000;
/** An index that is out of reach for a while ends no replay of hours. */
const PATIENCE_MS = 600_000;

const RERUN = 'Run it again: the bookmark stays, and what was done is done again.';

/** How far it is, whatever sessions it takes. */
type Course = { records: number; at: Lsn; trouble: string | undefined };

/** Has the rows that were touched since the bookmark read again, by whoever holds the slot. */
export async function replayRefreshed(replay: Replay): Promise<ExitCode> {
  const { context, connection, config, bookmark, until } = replay;
  const { output, signal } = context;
  const course: Course = { records: 0, at: bookmark.lsn, trouble: undefined };
  const progress = new ReplayProgress({
    output,
    logSink: context.stderr,
    from: bookmark.lsn,
    to: until.lsn,
    look: () => ({ at: course.at, done: counted(course.records, 'record'), trouble: course.trouble }),
  });
  const { logSink } = progress;
  const logger = createLogger({ level: config.logLevel, destination: logSink });
  const reading = touchedReading(replay, course);
  const attempt = async (): Promise<Touched> => {
    const client = await connection.client();
    const ignored = await IgnoredRequests.listen(client, config.replication.slot);
    try {
      return await withSlotPassing({ client, config, signal, logSink, patienceMs: PATIENCE_MS }, (passing) =>
        reading.read((keys) => refreshed(replay, course, keys, { client, passing, ignored })),
      );
    } finally {
      ignored.close();
    }
  };
  try {
    const touched = await untilDone(attempt, signal, (error) => {
      course.trouble = error.message;
      logger.warn({ error }, 'session ended');
    });
    if (signal.aborted) throw endedEarly(course.at, RERUN);
    replay.checkFound();
    course.at = until.lsn;
    progress.close();
    report(replay, course.records, touched);
    return EXIT.done;
  } catch (error) {
    throw asEnded(error, course.at, signal.aborted);
  } finally {
    progress.close();
  }
}

function touchedReading(
  { context, config, tables, bookmark, until }: Replay,
  course: Course,
): TouchedReading {
  return new TouchedReading({
    session: {
      url: config.postgres.url.reveal(),
      ...config.replication,
      slot: bookmark.slot,
      publications: config.replication.publication,
      ...streamedTables(config),
    },
    until,
    tables,
    recordBytesMax: config.algolia.recordBytesMax,
    signal: context.signal,
    onFailure: (error) => bookmarkFailure(error, bookmark.name),
    onPosition: (lsn) => {
      course.at = lsn;
      course.trouble = undefined;
    },
  });
}

type Means = {
  readonly client: Connection;
  readonly passing: SlotPassing;
  readonly ignored: IgnoredRequests;
};

/** Asks for them, and waits until that is done. */
async function refreshed(
  replay: Replay,
  course: Course,
  keys: Keys,
  { client, passing, ignored }: Means,
): Promise<void> {
  const { config } = replay;
  course.trouble = undefined;
  const messages = [...keys].flatMap(([name, objectIDs]) => {
    const table = config.tables[name];
    if (table === undefined) return [];
    const { recordBytesMax } = config.algolia;
    return refreshRequests(name, [...objectIDs], table, recordBytesMax, MESSAGE_KEYS).messages;
  });
  if (messages.length > 0) await passing.passed({ target: await askInWal(client, messages) });
  for (const table of keys.keys()) await ignored.check(table);
  for (const some of keys.values()) course.records += some.size;
}

/** What others say of waiting for the slot is true of what was asked for by then, and not of the rest. */
function asEnded(error: unknown, at: Lsn, isTold: boolean): unknown {
  if (error instanceof ShutdownDeadlineError) return endedEarly(at, RERUN);
  if (isTold && error instanceof SessionLostError) return endedEarly(at, RERUN);
  if (!(error instanceof UnavailableError)) return error;
  const { message, cause } = error;
  return new UnavailableError(message, {
    cause,
    remedy: `See \`wal2algolia status\`, and /status or the log of the running pipeline. ${RERUN}`,
  });
}

function report(replay: Replay, records: number, { transactions, truncated }: Touched): void {
  const { output } = replay.context;
  output.json({ ...replayFacts(replay), transactions, records, truncated: [...truncated] });
  output.line(
    `${counted(records, 'record')} of ${counted(transactions, 'transaction')} since bookmark ${replay.bookmark.name} read again`,
  );
  for (const notice of replay.notices) output.line(`note: ${notice}`);
  for (const table of truncated) {
    output.line(
      `note: ${table} was emptied meanwhile. Records of rows that went with it and were not touched since the bookmark are not looked for here.`,
    );
  }
}
