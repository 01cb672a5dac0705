import type { SearchAnswer, SearchParameters } from '../algolia/search.ts';
import type { LetterRecord, StatusRecord } from '../completeness/status-record.ts';
import type { KnownStatus } from './completeness.ts';

/** A slot has one record, and some ten more at most with dead letters. */
const RECORDS_MAX = 1_000;

/** What the status index holds; a reason where it cannot be relied on. */
export async function readStatuses(
  search: (parameters: SearchParameters) => Promise<SearchAnswer | undefined>,
): Promise<readonly KnownStatus[] | string> {
  const answer = await search({ hitsPerPage: RECORDS_MAX });
  if (answer === undefined) return 'there is no status index yet.';
  if (answer.nbHits > answer.hits.length) return 'the status index has more records than one search shows.';
  const records = answer.hits.map((text): unknown => JSON.parse(text));
  const letters = new Map(records.filter(isLetters).map((record) => [record.objectID, record.letters]));
  const statuses = records.filter(isStatus);
  if (statuses.length === 0)
    return 'the status index shows this key no record (`keys mint --status` makes one that sees them).';
  return statuses.map((status) => {
    const parts = Array.from({ length: status.deadLetterRecords }, (_, number) =>
      letters.get(`${status.slot}:dead-letters:${number}`),
    );
    const found = parts.filter((part) => part !== undefined);
    return { status, letters: found.length === parts.length ? found.flat() : undefined };
  });
}

function isStatus(record: unknown): record is StatusRecord {
  const status = record as Partial<StatusRecord> | null;
  return (
    status?.kind === 'status' &&
    status.version === 1 &&
    typeof status.slot === 'string' &&
    Array.isArray(status.tables) &&
    Array.isArray(status.gaps)
  );
}

function isLetters(record: unknown): record is LetterRecord {
  const letters = record as Partial<LetterRecord> | null;
  return letters?.kind === 'dead-letters' && Array.isArray(letters.letters);
}
