import type { Config } from '../../config/schema.ts';
import type { Recovery } from '../../database/own-tables/recovery-table.ts';
import type { SlotProgress } from '../../database/own-tables/slot-progress-table.ts';
import { formatLsn, type Lsn } from '../../lsn.ts';

/** What is known when a slot is lost or not there. */
export type Loss = {
  readonly onGap: Config['replication']['onGap'];
  readonly server: { readonly systemId: string; readonly timeline: number | null; readonly walEnd: Lsn };
  readonly noted: SlotProgress | undefined;
  /** A recovery that is not finished. */
  readonly open: Recovery | undefined;
};

/**
 * Why a slot that is lost or not there is left to a person; undefined where `run` may make it anew. A first start has nothing to come back from;
 * a copy or an earlier state of the database knows of a slot that was another server's; and whoever loses the slot over and over would load the
 * tables over and over.
 */
export function leftToPerson({ onGap, server, noted, open }: Loss): string | undefined {
  if (open !== undefined && open.newLsn !== null)
    return `it is lost once more, before the recovery that began at ${open.startedAt} was finished`;
  if (noted === undefined) return 'nobody has noted that it was ever read here';
  if (onGap === 'continue') return undefined;
  if (noted.systemId !== server.systemId)
    return `it was read on another system (identifier ${noted.systemId}) than this one (${server.systemId})`;
  if (noted.timeline !== server.timeline)
    return `it was read on timeline ${noted.timeline}, and the server is on ${server.timeline ?? 'none'}`;
  if (noted.confirmedLsn > server.walEnd)
    return `it was confirmed through ${formatLsn(noted.confirmedLsn)}, and the WAL of this server ends at ${formatLsn(server.walEnd)}`;
  return undefined;
}
