import type { WriteJournal } from '../../src/local/algolia/application.ts';
import { formatLsn, type Lsn, parseLsn } from '../../src/lsn.ts';

type Tasks = WriteJournal['arrived'];

/** `objectID@LSN` of every record that these tasks bring; one that was asked for names no LSN, and is left out. */
export function versions(tasks: Tasks): readonly string[] {
  return tasks.flatMap(({ operations }) =>
    operations.flatMap((operation) => {
      if (operation.kind !== 'set') return [];
      const lsn = walLsn(operation.record);
      return lsn === undefined ? [] : [`${operation.objectID}@${lsn}`];
    }),
  );
}

/**
 * Where a session ran backwards, in words: an older version of a record after a newer one, or one that had been there again after the
 * record's removal. A version that had not may follow a removal, since a row that is read again may be gone already. A session begins at
 * a time of `sessionStartsMs`, and before the first one nothing is written. `checked` counts versions.
 */
export function backwardsInSession(
  tasks: Tasks,
  sessionStartsMs: readonly number[],
): { readonly checked: number; readonly problems: readonly string[] } {
  const starts = sessionStartsMs.toSorted((a, b) => a - b);
  const problems: string[] = [];
  let seen = new SeenVersions();
  let session = -1;
  let checked = 0;
  for (const { acceptedAtMs, operations } of tasks) {
    for (let start = starts[session + 1]; start !== undefined && start <= acceptedAtMs; ) {
      session += 1;
      seen = new SeenVersions();
      start = starts[session + 1];
    }
    for (const operation of operations) {
      if (operation.kind === 'delete') seen.removed(operation.objectID);
      if (operation.kind === 'clear') seen.allRemoved();
      if (operation.kind !== 'set') continue;
      const lsn = walLsn(operation.record);
      if (lsn === undefined) continue;
      checked += 1;
      const version = { lsn: parseLsn(lsn), revision: revisionOf(operation.record) };
      const before = seen.add(operation.objectID, version);
      if (before !== undefined) problems.push(`session ${session}: ${operation.objectID}@${lsn} ${before}`);
    }
  }
  return { checked, problems };
}

type Version = { readonly lsn: Lsn; readonly revision: number };

/** The latest version of each record of a session, and whether the record has been removed since. */
class SeenVersions {
  readonly #latest = new Map<string, Version & { isGone: boolean }>();

  removed(objectID: string): void {
    const latest = this.#latest.get(objectID);
    if (latest !== undefined) latest.isGone = true;
  }

  allRemoved(): void {
    for (const latest of this.#latest.values()) latest.isGone = true;
  }

  /** Behind what it must not come, if it does. */
  add(objectID: string, { lsn, revision }: Version): string | undefined {
    const latest = this.#latest.get(objectID);
    this.#latest.set(objectID, { lsn, revision, isGone: false });
    if (latest === undefined || lsn > latest.lsn) return undefined;
    if (lsn < latest.lsn) return `after its version of ${formatLsn(latest.lsn)}`;
    return latest.isGone && revision <= latest.revision ? 'after its removal' : undefined;
  }
}

/** Of the commit that the record names; undefined when it was asked for. */
export function walLsn(record: Buffer): string | undefined {
  const start = record.lastIndexOf('"wal":{"lsn":"');
  return start === -1 ? undefined : /"wal":\{"lsn":"([^"]+)"/.exec(record.toString('utf8', start))?.[1];
}

/** The revision of the row that the record is of. */
export function revisionOf(record: Buffer): number {
  const found = /"revision":(\d+)/.exec(record.toString('utf8', record.lastIndexOf('"revision":')))?.[1];
  if (found === undefined) throw new Error('a record without a revision');
  return Number(found);
}
