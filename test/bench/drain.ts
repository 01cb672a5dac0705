import { slotState } from './audit-rows.ts';
import { monotonicMs } from './clock.ts';
import { finish } from './finish.ts';
import { startIndexProcess } from './index-process.ts';
import { measure } from './measure.ts';
import type { Measurement, StartIndexing, Turn } from './turn.ts';

/** Drains the backlog into an index of its own. Where that stalled, the time counts from when it answered again. */
export async function drain(name: string, turn: Turn, start: StartIndexing): Promise<Measurement> {
  const { client, slot, endLsn, scenario } = turn;
  await using index = await startIndexProcess({ reads: false, publishes: true, ...scenario.index });
  await using reader = start(turn, index.url);
  let confirmedAtMs = 0;
  const measured = await measure(turn, { ...reader, name }, async () => {
    const { isConfirmed } = await slotState(client, slot, endLsn);
    confirmedAtMs = monotonicMs();
    return isConfirmed;
  });
  const facts = await finish(name, turn, reader, index);
  const { stalledUntilMs } = facts;
  const seconds = stalledUntilMs === undefined ? measured.seconds : (confirmedAtMs - stalledUntilMs) / 1_000;
  return { ...measured, seconds, index: facts };
}
