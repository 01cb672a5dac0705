import { slotState, walEnd } from './audit-rows.ts';
import { finish } from './finish.ts';
import { forkScript } from './forked.ts';
import { startIndexProcess } from './index-process.ts';
import { latencyOf } from './latency.ts';
import { measure } from './measure.ts';
import type { Load } from './scenarios.ts';
import type { CommitTimes, WritersOptions } from './steady-messages.ts';
import type { Measurement, StartIndexing, Turn } from './turn.ts';

/** Looking at the processes takes a moment too, and these have to answer in less than one. */
const POLL_MS = 100;

/** Rows are written at an even rate while they are read; when each was committed, accepted and published is noted outside of our process. */
export async function follow(
  name: string,
  turn: Turn,
  load: Load,
  start: StartIndexing,
): Promise<Measurement> {
  const { client, databaseUrl, slot, scenario } = turn;
  const options: WritersOptions = { databaseUrl, rows: scenario.rows, ...load };
  await using writers = forkScript('steady-writers.ts', options);
  await writers.heard<'ready'>();
  await using index = await startIndexProcess({ reads: true, publishes: true, ...scenario.index });
  await using reader = start(turn, index.url);
  let written: Promise<{ readonly times: CommitTimes; readonly endLsn: string }> | undefined;
  const begin = async () => {
    writers.say('write');
    return { times: await writers.heard<CommitTimes>(), endLsn: await walEnd(client) };
  };
  const measured = await measure(
    turn,
    { ...reader, name },
    async () => {
      if (written === undefined) {
        written = begin();
        // Whoever no longer asks has an error of his own to tell.
        written.catch(() => undefined);
      }
      // Undefined while they still write.
      const done = await Promise.race([written, undefined]);
      return done !== undefined && (await slotState(client, slot, done.endLsn)).isConfirmed;
    },
    POLL_MS,
  );
  const committedAtMs = (await written)?.times ?? [];
  const times = await index.times();
  const lastAcceptedAtMs = Math.max(...times.map(([, acceptedAtMs]) => acceptedAtMs));
  return {
    ...measured,
    seconds: (lastAcceptedAtMs - Math.min(...committedAtMs)) / 1_000,
    index: await finish(name, turn, reader, index),
    latency: latencyOf(committedAtMs, times),
  };
}
