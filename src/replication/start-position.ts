import type { Bindings } from '../database/bindings.ts';
import type { Slot } from '../database/slot.ts';
import { GapError, PreconditionError } from '../errors.ts';
import { formatLsn, type Lsn } from '../lsn.ts';
import type { SystemIdentity } from './identity.ts';

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

/**
 * A session starts where the slot stands, also when this process confirmed more and the server forgot it or never heard: another
 * loader may have begun to write those transactions again since, and only whoever repeats all of them leaves the newest version of
 * each record. What this process confirmed tells whether that is a gap.
 */
export type Standing = {
  readonly identity: SystemIdentity;
  readonly slot: Pick<Slot, 'confirmedLsn' | 'synced'>;
  readonly own: OwnPosition | undefined;
  /** Where this timeline has left that of `own`, undefined when it does not descend from it. */
  readonly forkLsn: Lsn | undefined;
};

const REMEDY =
  'The index may miss or hold rows that this server does not know. Compare table and index (`wal2algolia verify`), then start again: a new process starts from the position of the slot. `replication.onGap` says whether a running one goes on by itself.';

/** The gap that a failover or a restored server leaves, undefined when there is none. */
export function failoverGap({ identity, slot, own, forkLsn }: Standing): GapError | undefined {
  if (own === undefined) return undefined;
  const { confirmedLsn } = own;
  if (confirmedLsn > identity.walEnd) {
    return gap('the WAL of this server ends before the position that was confirmed', {
      from: identity.walEnd,
      to: confirmedLsn,
    });
  }
  if (own.timeline === identity.timeline) return undefined;
  const went = `the server went from timeline ${own.timeline} to ${identity.timeline}`;
  if (forkLsn === undefined || confirmedLsn > forkLsn) {
    return gap(`${went}, which does not hold all that was confirmed`, {
      from: forkLsn ?? slot.confirmedLsn,
      to: confirmedLsn,
    });
  }
  // With a slot that it synchronized Postgres has kept what is needed to send the rest again; one that came here otherwise may lack it.
  if (slot.confirmedLsn < confirmedLsn && !slot.synced) {
    return gap(`${went}, and the slot stands there before the position that was confirmed`, {
      from: slot.confirmedLsn,
      to: confirmedLsn,
    });
  }
  return undefined;
}

type At = { readonly confirmedLsn: Lsn };

/** Where the operator wants a process to begin. */
export type WantedStart = {
  readonly lsn: Lsn;
  /** Whether what lies between the slot and that position may be skipped. */
  readonly acceptsGap: boolean;
};

/**
 * The gap that the slot leaves when it starts at the wanted position, undefined when it stands just there. Throws a PreconditionError when it
 * cannot start there: it only moves forward, and what it skips is gone from it for good.
 */
export function wantedGap(
  { name, confirmedLsn }: Pick<Slot, 'name' | 'confirmedLsn'>,
  { lsn, acceptsGap }: WantedStart,
  walEnd: Lsn,
): GapError | undefined {
  const stands = `slot "${name}" stands at ${formatLsn(confirmedLsn)}`;
  if (lsn < confirmedLsn) {
    throw new PreconditionError(
      `${stands} and cannot start at ${formatLsn(lsn)}: a slot only moves forward, and what it has confirmed cannot be read through it again`,
      {
        remedy:
          'What came after a bookmark can be: `wal2algolia bookmark list` says which there are, `wal2algolia replay --from NAME` reads one. To go on from where the slot stands, leave --from-lsn out.',
      },
    );
  }
  if (lsn > walEnd) {
    throw new PreconditionError(
      `--from-lsn ${formatLsn(lsn)} lies behind the end of the WAL, ${formatLsn(walEnd)}: what is committed until then would be skipped`,
      { remedy: 'Look where the position comes from: this server has not written it.' },
    );
  }
  if (lsn === confirmedLsn) return undefined;
  const skipped = `from ${formatLsn(confirmedLsn)} to ${formatLsn(lsn)}`;
  if (!acceptsGap) {
    throw new PreconditionError(
      `${stands}: starting at ${formatLsn(lsn)} would skip every change ${skipped}, for good`,
      {
        remedy:
          'Leave --from-lsn out to lose nothing. If those changes shall be missing from the index, add --accept-gap.',
      },
    );
  }
  return new GapError(`told to start at ${formatLsn(lsn)}: the gap is ${skipped}`, {
    remedy:
      'Compare table and index for that time (`wal2algolia verify`), or make a bookmark first and replay it afterwards.',
  });
}

/** Every copy begins where the slot stands, and nobody else reads it: what this process has confirmed of an earlier one need not come again. */
export function copyStart(slot: Pick<Slot, 'confirmedLsn'>, own: OwnPosition | undefined): Lsn {
  const confirmed = own?.confirmedLsn ?? slot.confirmedLsn;
  return confirmed > slot.confirmedLsn ? confirmed : slot.confirmedLsn;
}

/** Between where the slot was seen and where one stands that has taken its place. */
export function replacedGap(before: At, now: At): GapError {
  const positions = `from ${formatLsn(before.confirmedLsn)} to ${formatLsn(now.confirmedLsn)}`;
  return new GapError(`the slot is not the one that it was, or was moved: the gap is ${positions}`, {
    remedy:
      'Rows that were committed in between were sent to nobody. Compare table and index for that time (`wal2algolia verify --repair`), and start again.',
  });
}

/** The server has the same name and another history: positions of one mean nothing on the other. */
export function otherSystemGap(own: OwnPosition, server: { systemId: string; walEnd: Lsn }): GapError {
  return gap(
    `this server is another system (identifier ${server.systemId}) than the one that this process was reading (${own.systemId})`,
    { from: own.confirmedLsn, to: server.walEnd },
  );
}

function gap(what: string, { from, to }: { readonly from: Lsn; readonly to: Lsn }): GapError {
  return new GapError(`${what}: the gap is from ${formatLsn(from)} to ${formatLsn(to)}`, { remedy: REMEDY });
}
