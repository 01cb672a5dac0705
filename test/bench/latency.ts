import { MissingRecordsError } from './bench-errors.ts';
import type { IndexTimes } from './index-messages.ts';
import type { CommitTimes } from './steady-messages.ts';
import type { Latency } from './turn.ts';

/** The share of the rows, from the first on, in which the process warms up. */
const WARM_UP_SHARE = 0.1;

/** Of each row behind the first tenth. Throws when one was not published. */
export function latencyOf(committedAtMs: CommitTimes, times: IndexTimes): Latency {
  const byId = new Map(
    times.map(([id, acceptedAtMs, publishedAtMs]) => [id, { acceptedAtMs, publishedAtMs }]),
  );
  const rows = committedAtMs.map((committed, place) => {
    const record = byId.get(place + 1);
    if (record === undefined) throw new MissingRecordsError(`row ${place + 1} was never published`);
    return { accepted: record.acceptedAtMs - committed, published: record.publishedAtMs - committed };
  });
  const measured = rows.slice(Math.floor(rows.length * WARM_UP_SHARE));
  return {
    acceptedMs: measured.map(({ accepted }) => accepted),
    publishedMs: measured.map(({ published }) => published),
  };
}
