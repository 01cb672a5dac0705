import type { WriteJournal } from '../../src/local/algolia/application.ts';
import type { WriteOperation } from '../../src/local/algolia/write-operation.ts';
import { formatLsn, type Lsn, parseLsn } from '../../src/lsn.ts';
import type { Commit } from './commit-history.ts';

/** What Postgres was told at a moment, and how many tasks had taken effect not long after it. */
export type Sample = { readonly confirmedLsn: Lsn; readonly applied: number };

/** `objectID@LSN` of every record that these tasks bring. */
export function versions(tasks: WriteJournal['arrived']): readonly string[] {
  return tasks.flatMap(({ operations }) =>
    operations.flatMap((operation) => {
      if (operation.kind !== 'set') return [];
      return [`${operation.objectID}@${lsnOf(operation)}`];
    }),
  );
}

/**
 * The changes that Postgres was told to forget before they had taken effect, in words. A change has taken effect when the same or a later
 * version of its record, or its deletion, has; ids must not be used again. `checked` counts what was looked at.
 */
export function confirmedTooEarly(
  commits: readonly Commit[],
  journal: WriteJournal,
  samples: readonly Sample[],
): { readonly checked: number; readonly problems: readonly string[] } {
  const state = new Applied();
  const problems: string[] = [];
  let checked = 0;
  let next = 0;
  for (const { confirmedLsn, applied } of samples) {
    state.advance(journal, applied);
    for (
      let commit = commits[next];
      commit !== undefined && commit.endLsn <= confirmedLsn;
      commit = commits[next]
    ) {
      next += 1;
      for (const { kind, objectID } of commit.changes) {
        checked += 1;
        if (!state.has(kind, objectID, commit.commitLsn))
          problems.push(`${kind} of ${objectID}, committed at ${formatLsn(commit.commitLsn)}`);
      }
    }
  }
  return { checked, problems };
}

class Applied {
  readonly #latest = new Map<string, Lsn>();
  readonly #deleted = new Set<string>();
  #count = 0;

  advance(journal: WriteJournal, count: number): void {
    for (const { operations } of journal.applied.slice(this.#count, count)) {
      for (const operation of operations) this.#apply(operation);
    }
    this.#count = Math.max(this.#count, count);
  }

  has(kind: 'set' | 'delete', objectID: string, lsn: Lsn): boolean {
    if (this.#deleted.has(objectID)) return true;
    return kind === 'set' && (this.#latest.get(objectID) ?? -1n) >= lsn;
  }

  #apply(operation: WriteOperation): void {
    if (operation.kind === 'delete') this.#deleted.add(operation.objectID);
    if (operation.kind !== 'set') return;
    const lsn = parseLsn(lsnOf(operation));
    if (lsn > (this.#latest.get(operation.objectID) ?? -1n)) this.#latest.set(operation.objectID, lsn);
  }
}

function lsnOf({ record }: { readonly record: Buffer }): string {
  const lsn = /"wal":\{"lsn":"([^"]+)"/.exec(record.toString('utf8', record.indexOf('"wal":{"lsn":"')))?.[1];
  if (lsn === undefined) throw new Error('a record without the LSN of its commit');
  return lsn;
}
