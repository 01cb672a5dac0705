import { slotState } from './audit-rows.ts';
import { ReaderEndedError } from './bench-errors.ts';
import type { Measured } from './measure.ts';
import { poll } from './poll.ts';
import type { Turn } from './turn.ts';

const POLL_MS = 5;

/** Resolves with the walsender that serves the slot once there is one. */
export async function slotHolder(
  { client, slot, endLsn, patience }: Turn,
  reader: Pick<Measured, 'name' | 'ended'>,
): Promise<number> {
  return await poll(patience, `${reader.name} has not begun to stream`, POLL_MS, async () => {
    const { walsenderPid } = await slotState(client, slot, endLsn);
    if (walsenderPid === null && reader.ended() !== undefined)
      throw new ReaderEndedError(`${reader.name} ended with ${reader.ended()} before it streamed`);
    return walsenderPid ?? undefined;
  });
}
