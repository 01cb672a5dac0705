import { ShutdownDeadlineError } from '../../errors.ts';
import { type Lsn, parseLsn } from '../../lsn.ts';
import type { Service } from '../service.ts';
import { stopped } from '../stopped.ts';

const LOOK_INTERVAL_MS = 50;
/** A pipeline that confirms nothing for this long will not do so while somebody waits for it. */
const PATIENCE_MS = 60_000;

/** Resolves when everything before `target` is confirmed. Rejects when the pipeline fails, or stands still for a minute. */
export async function confirmedThrough(
  service: Pick<Service, 'status' | 'finished'>,
  target: Lsn,
): Promise<void> {
  const failed = new AbortController();
  service.finished.catch((error: unknown) => failed.abort(error));
  let last: string | null = null;
  let movedAtMs = performance.now();
  for (;;) {
    failed.signal.throwIfAborted();
    const { confirmedLsn } = service.status().slot;
    if (confirmedLsn !== null && parseLsn(confirmedLsn) >= target) return;
    if (confirmedLsn !== last) movedAtMs = performance.now();
    last = confirmedLsn;
    if (performance.now() - movedAtMs > PATIENCE_MS) {
      throw new ShutdownDeadlineError('the pipeline has confirmed nothing for a minute', {
        remedy: 'See /status, or the log with LOG_LEVEL=debug.',
      });
    }
    await stopped(failed.signal, LOOK_INTERVAL_MS);
  }
}
