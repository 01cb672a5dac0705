import type { SearchAnswer, SearchParameters } from '../algolia/search.ts';
import { PreconditionError, UnavailableError } from '../errors.ts';
import { type Event, type EventAttributes, readEvent } from './event.ts';

export type PagesOptions = {
  readonly search: (parameters: SearchParameters) => Promise<SearchAnswer>;
  /** All that matches, in no order; undefined where the key may not. */
  readonly browse: (parameters: SearchParameters) => Promise<AsyncIterable<readonly string[]> | undefined>;
  readonly index: string;
  readonly attributes: EventAttributes;
  readonly facetFilters: (readonly string[])[];
  /** Milliseconds, both included. */
  readonly fromMs: number;
  readonly toMs: number;
};

/** What one search gives back at most. https://www.algolia.com/doc/api-reference/api-parameters/hitsPerPage/ */
const PAGE = 1_000;

/**
 * All records between two times, the newest first by the millisecond, page by page: a search shows no more than its first thousand, so
 * the next one asks for what is no younger than the last. Which of one millisecond have been seen tells the sequence, where there are more
 * than a page of them. Errors rather than leave out any: with a PreconditionError where the index does not answer in this order, with an
 * UnavailableError where it changed under the report.
 */
export async function* newestFirst(options: PagesOptions): AsyncGenerator<readonly Event[]> {
  const { fromMs } = options;
  let untilMs = options.toMs;
  let atLeast = 0;
  while (fromMs <= untilMs) {
    const { events, nbHits, isExact } = await ask(options, between(options, fromMs, untilMs));
    if (isExact && nbHits < atLeast) throw fewer(options, atLeast, nbHits);
    if (events.length === 0) return;
    if (isExact && events.length >= nbHits) {
      yield sorted(events);
      return;
    }
    checkOrder(options, events, untilMs);
    const lastMs = events.at(-1)?.ms ?? fromMs;
    const above = events.filter(({ ms }) => (ms ?? lastMs) > lastMs);
    if (above.length > 0) {
      yield above;
      untilMs = lastMs;
      atLeast = isExact ? nbHits - above.length : 0;
    } else {
      const ofThisMs = yield* sameMillisecond(options, lastMs);
      untilMs = lastMs - 1;
      atLeast = isExact ? nbHits - ofThisMs : 0;
    }
  }
}

/** More records of one millisecond than a page may hold. Returns how many there were. */
async function* sameMillisecond(options: PagesOptions, ms: number): AsyncGenerator<readonly Event[], number> {
  const { time, sequence } = options.attributes;
  const itself = `${time}_ms = ${ms}`;
  let filters = itself;
  let given = 0;
  let atLeast = 0;
  for (;;) {
    const { events, nbHits, isExact } = await ask(options, filters);
    if (isExact && nbHits < atLeast) throw fewer(options, atLeast, nbHits);
    if (events.length === 0) return given;
    const isAll = isExact && events.length >= nbHits;
    if (!isAll && !isDescending(events)) {
      if (given > 0) throw unordered(options, `"${sequence}" within one millisecond`);
      return yield* browsed(options, itself, ms, nbHits);
    }
    yield isAll ? sorted(events) : events;
    given += events.length;
    if (isAll) return given;
    filters = `${itself} AND ${sequence} < ${events.at(-1)?.sequence ?? 0}`;
    atLeast = isExact ? nbHits - events.length : 0;
  }
}

async function* browsed(
  options: PagesOptions,
  filters: string,
  ms: number,
  nbHits: number,
): AsyncGenerator<readonly Event[], number> {
  const { facetFilters, attributes, index } = options;
  const pages = await options.browse({ filters, facetFilters, hitsPerPage: PAGE });
  if (pages === undefined) {
    throw new PreconditionError(
      `index ${index} has ${nbHits} records of the millisecond ${new Date(ms).toISOString()}, more than a search shows, and nothing to tell them apart by`,
      {
        remedy: `Name a numeric attribute under \`reports.sequenceAttribute\` by which the index is ranked ("desc(...)" in customRanking), as "${attributes.sequence}" is not; or use a key with the right browse.`,
      },
    );
  }
  let given = 0;
  for await (const page of pages) {
    given += page.length;
    yield page.map((text) => readEvent(text, attributes));
  }
  return given;
}

async function ask(options: PagesOptions, filters: string) {
  const { facetFilters, attributes } = options;
  const { hits, ...found } = await options.search({ filters, facetFilters, hitsPerPage: PAGE });
  const events = hits.map((text) => readEvent(text, attributes));
  if (events.some(({ ms }) => ms === undefined)) {
    throw new PreconditionError(
      `index ${options.index} gives back records without the number "${attributes.time}_ms" by which it was filtered`,
      { remedy: 'Take it out of unretrievableAttributes, or name another time by `keys.timeAttribute`.' },
    );
  }
  return { ...found, events };
}

function between({ attributes }: PagesOptions, fromMs: number, toMs: number): string {
  return `${attributes.time}_ms >= ${fromMs} AND ${attributes.time}_ms <= ${toMs}`;
}

function checkOrder(options: PagesOptions, events: readonly Event[], untilMs: number): void {
  let last = untilMs;
  for (const { ms = untilMs } of events) {
    if (ms > last) throw unordered(options, `"${options.attributes.time}_ms"`);
    last = ms;
  }
}

function isDescending(events: readonly Event[]): boolean {
  return events.every(({ sequence }, at) => {
    const before = at === 0 ? Number.POSITIVE_INFINITY : events[at - 1]?.sequence;
    return sequence !== undefined && before !== undefined && sequence < before;
  });
}

function sorted(events: readonly Event[]): readonly Event[] {
  return events.toSorted(
    (one, other) => (other.ms ?? 0) - (one.ms ?? 0) || (other.sequence ?? 0) - (one.sequence ?? 0),
  );
}

function unordered({ index, attributes }: PagesOptions, by: string): PreconditionError {
  return new PreconditionError(`index ${index} does not give back the highest ${by} first`, {
    remedy: `A search shows no more than its first thousand, so a report needs this order. Let \`setup\` derive the settings ("settings": {} in the table), or begin the ranking of the index with "desc(${attributes.time}_ms)" and its customRanking with "desc(${attributes.sequence})".`,
  });
}

function fewer({ index }: PagesOptions, expected: number, found: number): UnavailableError {
  return new UnavailableError(
    `index ${index} has ${found} records left where ${expected} or more have to be: they were deleted meanwhile, or it is not ranked by time, or cannot be filtered by it`,
    {
      remedy:
        'Run the report again. If that is no help, let `setup` derive the settings of the index ("settings": {} in the table).',
    },
  );
}
