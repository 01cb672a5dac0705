import type { Bindings } from '../database/bindings.ts';
import { GapError } from '../errors.ts';
import { formatLsn, type Lsn } from '../lsn.ts';

/** What IDENTIFY_SYSTEM answers. https://www.postgresql.org/docs/current/protocol-replication.html */
export type SystemIdentity = { readonly systemId: string; readonly timeline: number; readonly walEnd: Lsn };

/** Where an earlier session of this process stood. */
export type OwnPosition = {
  readonly systemId: string;
  readonly timeline: number;
  readonly confirmedLsn: Lsn;
  /** Fingerprint of the publications, or of the tables where the plugin knows none, as last seen. */
  readonly publications: string;
  /** Which relation each configured table was: a table that is renamed stays the same one. */
  readonly bindings: Bindings;
};

const REMEDY =
  'The index may miss or hold rows that this server does not know. Compare table and index, then start again: a new process starts from the position of the slot.';

/**
 * Where a session starts: at the slot's position, also when this process confirmed more and the server forgot it or never heard. Another
 * loader may have begun to write those transactions again since, and only whoever repeats all of them leaves the newest version of
 * each record. Throws a GapError when the server is not the one that we were reading, or is behind what we have confirmed.
 */
export function startPosition(slotLsn: Lsn, identity: SystemIdentity, own: OwnPosition | undefined): Lsn {
  if (own === undefined) return slotLsn;
  if (own.systemId !== identity.systemId) {
    throw new GapError(
      `this server is another system (identifier ${identity.systemId}) than the one that this process was reading (${own.systemId})`,
      { remedy: REMEDY },
    );
  }
  if (own.confirmedLsn > identity.walEnd) {
    throw new GapError(
      `the server's WAL ends at ${formatLsn(identity.walEnd)}, before the position ${formatLsn(own.confirmedLsn)} that was confirmed`,
      { remedy: REMEDY },
    );
  }
  if (own.timeline !== identity.timeline && own.confirmedLsn > slotLsn) {
    throw new GapError(
      `the server went from timeline ${own.timeline} to ${identity.timeline}, and the slot stands at ${formatLsn(slotLsn)}, before the position ${formatLsn(own.confirmedLsn)} that was confirmed`,
      { remedy: REMEDY },
    );
  }
  return slotLsn;
}
