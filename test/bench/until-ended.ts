import { ReaderEndedError } from './bench-errors.ts';
import { monotonicMs } from './clock.ts';
import type { Measured } from './measure.ts';
import { poll } from './poll.ts';
import type { Turn, Used } from './turn.ts';
import { UsageWatch } from './usage-watch.ts';

const POLL_MS = 5;
/** A small table does not take long. */
const FIRST_POLL_MS = 1;

export type Work = {
  readonly seconds: number;
  readonly command: Used;
  readonly pipeline: Used | undefined;
};

/**
 * For work that ends by itself: the clock runs from when a session of its application works in the database, since starting up does not
 * count, and until it has ended. Rejects with a ReaderEndedError when it ends with anything but 0, or the pipeline beside it ends.
 */
export async function untilEnded(
  { client, patience }: Turn,
  command: Measured & { readonly applicationName: string },
  pipeline?: Measured,
): Promise<Work> {
  const spawnedAtMs = monotonicMs();
  const isSeen = await poll(patience, `${command.name} has not begun`, FIRST_POLL_MS, async () => {
    const { rowCount } = await client.query(
      `SELECT FROM pg_stat_activity WHERE application_name = $1 AND query <> ''`,
      [command.applicationName],
    );
    return rowCount !== 0 || (command.ended() === undefined ? undefined : false);
  });
  const startedAtMs = isSeen ? monotonicMs() : spawnedAtMs;
  const ofCommand = await UsageWatch.start(command.pid);
  const ofPipeline = pipeline === undefined ? undefined : await UsageWatch.start(pipeline.pid);
  const endedAtMs = await poll(patience, `${command.name} has not ended`, POLL_MS, async () => {
    const ended = command.ended();
    const atMs = monotonicMs();
    for (const watch of [ofCommand, ofPipeline]) await watch?.look();
    if (pipeline?.ended() !== undefined) {
      throw new ReaderEndedError(`${pipeline.name} ended with ${pipeline.ended()} beside ${command.name}`);
    }
    return ended === undefined ? undefined : atMs;
  });
  if (command.ended() !== 0) throw new ReaderEndedError(`${command.name} ended with ${command.ended()}`);
  return {
    seconds: (endedAtMs - startedAtMs) / 1_000,
    command: ofCommand.used,
    pipeline: ofPipeline?.used,
  };
}
