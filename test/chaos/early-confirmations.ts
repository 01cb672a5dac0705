import type { WriteJournal } from '../../src/local/algolia/application.ts';
import type { Task, WriteOperation } from '../../src/local/algolia/write-operation.ts';
import { formatLsn, type Lsn } from '../../src/lsn.ts';
import type { Change, Commit } from './commit-history.ts';
import { revisionOf } from './write-journal.ts';

/** What Postgres was told at a moment, and how many tasks had taken effect, and rows been set aside, not long after it. */
export type Sample = { readonly confirmedLsn: Lsn; readonly applied: number; readonly setAside?: number };

/** A record that was put aside in place of the index, in the order in which that happened. */
export type SetAside = { readonly objectID: string; readonly lsn: Lsn };

export type EarlyConfirmations = { readonly checked: number; readonly problems: readonly string[] };

/**
 * The changes that Postgres was told to forget before they had taken effect, in words. A change has taken effect when the same or a later
 * version of its record, or its removal, has, or has been set aside. Ids must grow with time and not be used again.
 */
export function confirmedTooEarly(
  commits: readonly Commit[],
  journal: WriteJournal,
  samples: readonly Sample[],
  setAside: readonly SetAside[] = [],
): EarlyConfirmations {
  const state = new Effects(commits, setAside);
  const problems: string[] = [];
  let checked = 0;
  let next = 0;
  for (const { confirmedLsn, applied, setAside: asideCount = 0 } of samples) {
    state.advance(journal, applied, asideCount);
    for (
      let commit = commits[next];
      commit !== undefined && commit.endLsn <= confirmedLsn;
      commit = commits[next]
    ) {
      next += 1;
      for (const change of commit.changes) {
        checked += 1;
        if (!state.has(change, commit)) problems.push(describe(change, commit));
      }
    }
  }
  return { checked, problems };
}

function describe(change: Change, { commitLsn }: Commit): string {
  const of = change.kind === 'truncate' ? '' : ` of ${change.objectID}`;
  return `${change.kind}${of}, committed at ${formatLsn(commitLsn)}`;
}

type Truncation = { readonly commitLsn: Lsn; readonly atMs: number; readonly lastID: number };

/** What has taken effect by now. */
class Effects {
  readonly #latest = new Map<string, number>();
  readonly #deleted = new Set<string>();
  readonly #aside = new Map<string, Lsn>();
  readonly #truncations: readonly Truncation[];
  readonly #setAside: readonly SetAside[];
  /** The last id that a truncation took away which has taken effect. */
  #clearedID = -1;
  #applied = 0;
  #asideCount = 0;

  constructor(commits: readonly Commit[], setAside: readonly SetAside[]) {
    this.#truncations = truncationsOf(commits);
    this.#setAside = setAside;
  }

  advance(journal: WriteJournal, applied: number, setAside: number): void {
    for (const task of journal.applied.slice(this.#applied, applied)) {
      for (const operation of task.operations) this.#apply(operation, task);
    }
    this.#applied = Math.max(this.#applied, applied);
    for (const { objectID, lsn } of this.#setAside.slice(this.#asideCount, setAside))
      this.#aside.set(objectID, lsn);
    this.#asideCount = Math.max(this.#asideCount, setAside);
  }

  has(change: Change, { commitLsn }: Commit): boolean {
    if (change.kind === 'truncate') {
      const own = this.#truncations.find((truncation) => truncation.commitLsn === commitLsn);
      return own !== undefined && own.lastID <= this.#clearedID;
    }
    const { objectID } = change;
    if (this.#deleted.has(objectID) || Number(objectID) <= this.#clearedID) return true;
    if ((this.#aside.get(objectID) ?? -1n) >= commitLsn) return true;
    return change.kind === 'set' && (this.#latest.get(objectID) ?? -1) >= change.revision;
  }

  #apply(operation: WriteOperation, { acceptedAtMs }: Task): void {
    if (operation.kind === 'delete') this.#deleted.add(operation.objectID);
    if (operation.kind === 'clear') {
      // A clearing does not say which truncation it is for: for none that was committed after it was sent.
      const latest = this.#truncations.findLast(({ atMs }) => atMs <= acceptedAtMs + 1);
      this.#clearedID = Math.max(this.#clearedID, latest?.lastID ?? -1);
    }
    if (operation.kind !== 'set') return;
    const revision = revisionOf(operation.record);
    if (revision > (this.#latest.get(operation.objectID) ?? -1))
      this.#latest.set(operation.objectID, revision);
  }
}

/** Each with the highest id that was there before it. */
function truncationsOf(commits: readonly Commit[]): readonly Truncation[] {
  const truncations: Truncation[] = [];
  let lastID = -1;
  for (const { commitLsn, atMs, changes } of commits) {
    for (const change of changes) {
      if (change.kind === 'truncate') truncations.push({ commitLsn, atMs, lastID });
      else lastID = Math.max(lastID, Number(change.objectID));
    }
  }
  return truncations;
}
