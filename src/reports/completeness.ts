import { type Instant, instantOf } from '../completeness/instant.ts';
import type { FollowedTable, LetterRecord, StatusRecord } from '../completeness/status-record.ts';
import type { Question } from './question.ts';

/** A status record, and its dead letters as far as all of them were found. */
export type KnownStatus = {
  readonly status: StatusRecord;
  readonly letters: LetterRecord['letters'] | undefined;
};

/**
 * Whether a report has everything. `complete`: all that happened in the window is there, but for the dead letters. `open`: transactions
 * that began in it may still commit. `incomplete`: part of it was never followed. `unknown`: nobody says.
 */
export type Completeness = {
  readonly state: 'complete' | 'open' | 'incomplete' | 'unknown';
  /** Nothing that began before can come any more. */
  readonly completeThrough: Instant | null;
  readonly throughLsn: readonly string[];
  /** Since when all tables of the index are followed, but for those that were loaded from before; null where all were, or nobody knows. */
  readonly since: Instant | null;
  readonly openSince: Instant | null;
  /** Those within the window, from and to; and when table and index were found to agree behind one, if anybody has compared them. */
  readonly gaps: readonly {
    readonly from: Instant | null;
    readonly to: Instant;
    readonly reason: string;
    readonly verifiedAt?: Instant;
  }[];
  /** Rows that could not be indexed: in the window, and of those whose time is not known exactly the ones that may be. */
  readonly deadLetters: { readonly inWindow: number; readonly mayBeInWindow: number } | null;
  /** What a person should know, a sentence each. */
  readonly notes: readonly string[];
};

export function unknownCompleteness(why: string): Completeness {
  return {
    state: 'unknown',
    completeThrough: null,
    throughLsn: [],
    since: null,
    openSince: null,
    gaps: [],
    deadLetters: null,
    notes: [`Whether anything is missing is not known: ${why}`],
  };
}

/** What the slots that fill an index say of a window in it. Without its ends, a report goes as far as the index does. */
export function completenessOf(
  known: readonly KnownStatus[],
  index: string,
  { fromMicros, toMicros }: Pick<Question, 'fromMicros' | 'toMicros'>,
): Completeness {
  const filling = known.filter(({ status }) => tablesOf(status, index).length > 0);
  if (filling.length === 0) return unknownCompleteness(`no status record names index ${index}.`);
  const statuses = filling.map(({ status }) => status);
  const from = fromMicros === undefined ? undefined : instantOf(fromMicros);
  const to = toMicros === undefined ? undefined : instantOf(toMicros);
  const followed = statuses.flatMap((status) => tablesOf(status, index));
  const since = last(followed.filter(({ loadedAt }) => loadedAt === undefined).map((table) => table.from));
  const loading = statuses
    .flatMap((status) => status.backfill ?? [])
    .filter((table) => table.index === index);
  const closed = statuses.map(({ closedThrough }) => closedThrough);
  const completeThrough = closed.includes(null) ? null : first(closed.filter((each) => each !== null));
  const openSince = first(statuses.flatMap((status) => status.openSince ?? []));
  const gaps = statuses
    .flatMap((status) => status.gaps)
    .filter((gap) => isBefore(gap.fromTime ?? undefined, to) && isBefore(from, gap.toTime))
    .map(({ fromTime, toTime, reason, verifiedAt }) => ({
      from: fromTime,
      to: toTime,
      reason,
      ...(verifiedAt === undefined ? {} : { verifiedAt }),
    }));
  const isMissed = gaps.some(({ verifiedAt }) => verifiedAt === undefined);
  const isFollowed = from === undefined || since === null || from >= since;
  const isClosed = completeThrough !== null && (to === undefined || to <= completeThrough);
  return {
    state: isMissed || !isFollowed ? 'incomplete' : isClosed ? 'complete' : 'open',
    completeThrough,
    throughLsn: statuses.map(({ throughLsn }) => throughLsn),
    since,
    openSince,
    gaps,
    deadLetters: lettersIn(filling, index, from, to),
    notes: [
      ...(isClosed ? [] : [openNote(statuses, completeThrough, openSince)]),
      ...(isFollowed
        ? []
        : [
            `Before ${since} index ${index} was not followed: what happened then is there only if it was loaded.`,
            ...loading.map(
              ({ table, rows }) => `${table} is being loaded from before that: ${rows} rows so far.`,
            ),
          ]),
      ...gaps.map(gapNote),
    ],
  };
}

/** What the table still held was compared; what came and went was seen by nobody. */
function gapNote({ from, to, reason, verifiedAt }: Completeness['gaps'][number]): string {
  const gap = `From ${from ?? 'an unknown time'} to ${to}`;
  if (verifiedAt === undefined) return `${gap} rows may be missing: ${reason}.`;
  return `${gap} nothing was read: ${reason}. Table and index were compared at ${verifiedAt} and agreed; rows that were inserted and deleted in that time were never seen.`;
}

function openNote(
  statuses: readonly StatusRecord[],
  completeThrough: Instant | null,
  openSince: Instant | null,
): string {
  const blind = statuses.find((status) => status.blind !== null)?.blind;
  if (completeThrough === null && blind !== undefined) {
    return `No window can be called complete: the pipeline does not see open transactions (${blind}; see "What the index is complete through" in docs/operations.md).`;
  }
  const why = openSince === null ? '' : `; a transaction has been open since ${openSince}`;
  return completeThrough === null
    ? 'The window is still open: nothing is closed yet.'
    : `The window is still open: it is complete through ${completeThrough}${why}.`;
}

function tablesOf(status: StatusRecord, index: string): readonly FollowedTable[] {
  return status.tables.filter((table) => table.index === index);
}

/** Null where records with letters are missing. */
function lettersIn(
  known: readonly KnownStatus[],
  index: string,
  from: Instant | undefined,
  to: Instant | undefined,
): Completeness['deadLetters'] {
  const all: Letters[] = [];
  for (const { letters } of known) {
    if (letters === undefined) return null;
    all.push(...letters.filter((letter) => letter.index === index));
  }
  const count = (wanted: 'in' | 'may-be'): number =>
    all.reduce((sum, letter) => sum + (whetherIn(letter, from, to) === wanted ? letter.count : 0), 0);
  return { inWindow: count('in'), mayBeInWindow: count('may-be') };
}

type Letters = LetterRecord['letters'][number];

function whetherIn(
  letter: Letters,
  from: Instant | undefined,
  to: Instant | undefined,
): 'in' | 'may-be' | 'out' {
  const isFrom = (time: Instant): boolean => from === undefined || time >= from;
  if (letter.from === null || letter.to === null) {
    // It happened before it was committed.
    return letter.committedTo === null || isFrom(letter.committedTo) ? 'may-be' : 'out';
  }
  if (isFrom(letter.from) && isBefore(letter.to, to)) return 'in';
  return isBefore(letter.from, to) && isFrom(letter.to) ? 'may-be' : 'out';
}

/** What is not given lies beyond everything. */
function isBefore(one: Instant | undefined, other: Instant | undefined): boolean {
  return one === undefined || other === undefined || one < other;
}

function first(times: readonly Instant[]): Instant | null {
  return times.reduce<Instant | null>((best, time) => (best === null || time < best ? time : best), null);
}

function last(times: readonly Instant[]): Instant | null {
  return times.reduce<Instant | null>((best, time) => (best === null || time > best ? time : best), null);
}
