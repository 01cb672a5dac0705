import { streamedTables } from '../../config/reference-tables.ts';
import { DeadLetterList, type ListedLetter } from '../../database/dead-letters/dead-letter-list.ts';
import { readErasureMark } from '../../database/own-tables/erasure-mark.ts';
import { EXIT, type ExitCode, PreconditionError } from '../../errors.ts';
import { formatLsn, parseLsn } from '../../lsn.ts';
import { createLogger } from '../../telemetry/logger.ts';
import { createMetrics } from '../../telemetry/metrics.ts';
import type { Status } from '../../telemetry/status.ts';
import { StatusBoard } from '../../telemetry/status-board.ts';
import { counted, countText } from '../amounts.ts';
import type { Connection } from '../connection.ts';
import { letterName } from '../dead-letters/dead-letter-access.ts';
import { harmless } from '../output.ts';
import { runPipeline } from '../service.ts';
import { printIndexes, setUpIndexes } from '../setup/index-setup.ts';
import { bookmarkFailure } from './replay-bookmark.ts';
import { endedEarly, type Replay, replayFacts } from './replay-facts.ts';
import { ReplayProgress } from './replay-progress.ts';
import { configInto } from './replay-tables.ts';
import { checkEmpty, lockIndex, lockIndexAgain } from './replay-target.ts';

const LETTERS_SHOWN = 20;

const RERUN = 'Run it again with --append: the bookmark stays, and what is there is written over.';

/** Plays the images since the bookmark, in their order, into an index of its own. */
export async function replayInto(replay: Replay, index: string, append: boolean): Promise<ExitCode> {
  const { context, connection, config, tables, bookmark, until } = replay;
  const { output, signal } = context;
  const into = configInto(config, tables, index);
  const client = await connection.client();
  await lockIndex(client, index);
  connection.onAgain((next, ended) => lockIndexAgain(next, index, ended));
  if (!append) await checkEmpty(into, index);
  const letters = `replay into ${index}`;
  const erasures = await readErasureMark(client);
  await takeLetters(client, letters);
  printIndexes(output, await setUpIndexes(into, false), false);
  const board = new StatusBoard(config.replication.slot);
  const at = () => parseLsn(board.status().slot.confirmedLsn ?? formatLsn(bookmark.lsn));
  const progress = new ReplayProgress({
    output,
    logSink: context.stderr,
    from: bookmark.lsn,
    to: until.lsn,
    look: () => {
      board.look();
      const { records, error } = board.status();
      return { at: at(), done: counted(records.written ?? 0, 'record'), trouble: error?.message };
    },
  });
  const ended = AbortSignal.any([signal, connection.failed]);
  try {
    const streamed = streamedTables(config);
    await runPipeline(
      { config: into, signal: ended, replayed: { slot: bookmark.slot, until, letters, streamed } },
      {
        board,
        metrics: createMetrics(() => board.status()),
        logger: createLogger({ level: config.logLevel, destination: progress.logSink }),
      },
    );
    connection.failed.throwIfAborted();
    if (signal.aborted) throw endedEarly(at(), RERUN);
    replay.checkFound();
    // The one of before may be lost by now.
    const last = await connection.client();
    const kept = await takeLetters(last, letters);
    if ((await readErasureMark(last)) !== erasures) throw erasedMeanwhile(index);
    progress.close();
    report(replay, index, board.status(), kept);
    return EXIT.done;
  } catch (error) {
    throw bookmarkFailure(error, bookmark.name);
  } finally {
    progress.close();
    if (!connection.failed.aborted) await takeLetters(client, letters).catch(() => undefined);
  }
}

/** What could not be indexed, and what a replay that was killed has left: none of it belongs to a slot, so nobody could try it again. */
async function takeLetters(client: Connection, name: string): Promise<readonly ListedLetter[]> {
  const list = await DeadLetterList.find(client, name);
  if (list === undefined) return [];
  const { letters } = await list.list({}, undefined);
  await list.remove(letters.map(({ id }) => id));
  return letters;
}

function report(replay: Replay, index: string, { records }: Status, letters: readonly ListedLetter[]): void {
  const { output } = replay.context;
  const notIndexed = letters.map(({ table, objectID, reason, message }) => ({
    table,
    objectID,
    reason,
    message,
  }));
  output.json({
    ...replayFacts(replay),
    into: index,
    written: records.written,
    deleted: records.deleted,
    notIndexed,
  });
  output.line(
    `index ${index}: ${counted(records.written ?? 0, 'record')} written, ${countText(records.deleted ?? 0)} deleted, since bookmark ${replay.bookmark.name}`,
  );
  for (const notice of replay.notices) output.line(`note: ${notice}`);
  if (letters.length > 0) output.line(`not indexed: ${countText(letters.length)}`);
  for (const letter of letters.slice(0, LETTERS_SHOWN))
    output.line(harmless(`  ${letterName(letter)}: ${letter.reason}: ${letter.message}`));
  if (letters.length > LETTERS_SHOWN) output.line('  and more; --json has them all');
}

function erasedMeanwhile(index: string): PreconditionError {
  return new PreconditionError(
    `somebody was erased while this ran, and index ${index} may hold what they did`,
    { remedy: `Clear index ${index} and run it again: who is on the list by then is kept out.` },
  );
}
