import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../algolia/backoff.ts';
import type { Algolia } from '../algolia/client.ts';
import { RefusedError, TransientError } from '../algolia/failures.ts';
import type { SearchAnswer, SearchParameters } from '../algolia/search.ts';
import { PreconditionError } from '../errors.ts';
import type { Event, EventAttributes } from './event.ts';
import { newestFirst } from './pages.ts';
import { checkFiltersHold } from './probe.ts';
import { facetFiltersOf, judge, millisecondsOf, type Question } from './question.ts';

export type ReportOptions = {
  readonly algolia: Pick<Algolia, 'search' | 'browseRecords'>;
  readonly index: string;
  readonly attributes: EventAttributes;
  readonly question: Question;
  /** Told what a person should know, a sentence each, when the events have ended. */
  readonly onNote: (note: string) => void;
};

const ATTEMPTS = 5;

/**
 * The events that a question asks for, exactly, the newest first, a page at a time. Errors with a Wal2AlgoliaError rather than leave out
 * any: also where there are none, and the index may only not be able to say so.
 */
export async function* reportEvents(options: ReportOptions): AsyncGenerator<readonly Event[]> {
  const { algolia, index, attributes, question } = options;
  const facetFilters = facetFiltersOf(question.conditions);
  const search = (parameters: SearchParameters) => searchIndex(algolia, index, parameters);
  let found = 0;
  let otherCase = 0;
  for await (const page of newestFirst({
    search,
    browse: (parameters) => browseIndex(algolia, index, parameters),
    index,
    attributes,
    facetFilters,
    ...millisecondsOf(question),
  })) {
    found += page.length;
    const judged = page.map((event) => ({ event, judgement: judge(event, question, attributes.time) }));
    if (judged.some(({ judgement }) => judgement === 'something else')) throw misread(index);
    otherCase += judged.filter(({ judgement }) => judgement === 'differs in case').length;
    const events = judged.filter(({ judgement }) => judgement === 'asked for').map(({ event }) => event);
    if (events.length > 0) yield events;
  }
  if (otherCase > 0) options.onNote(`${otherCase} records were left out whose ids differ in case alone.`);
  if (found === 0) {
    const filtered = question.conditions.map(({ attribute }) => attribute);
    await checkFiltersHold({ search, index, attributes, filtered });
  }
  await noteTimeless(options, facetFilters, found, search);
}

/** Records without a time are in no window, but may be of the item or the actor. */
async function noteTimeless(
  { question, attributes, onNote }: ReportOptions,
  facetFilters: (readonly string[])[],
  found: number,
  search: (parameters: SearchParameters) => Promise<SearchAnswer>,
): Promise<void> {
  if (question.fromMicros !== undefined || question.toMicros !== undefined) return;
  const { nbHits, isExact } = await search({ facetFilters, hitsPerPage: 1 });
  if (isExact && nbHits > found)
    onNote(`${nbHits - found} more have no "${attributes.time}_ms", or came in the meantime.`);
}

async function searchIndex(
  algolia: Pick<Algolia, 'search'>,
  index: string,
  parameters: SearchParameters,
): Promise<SearchAnswer> {
  const answer = await patiently(() => algolia.search(index, parameters));
  if (answer !== undefined) return answer;
  throw new PreconditionError(`there is no index ${index}, or not for this key`, {
    remedy: 'Check --index, `index` in the configuration, and ALGOLIA_APP_ID.',
  });
}

/** Undefined where the key may not. */
async function browseIndex(
  algolia: Pick<Algolia, 'browseRecords'>,
  index: string,
  parameters: SearchParameters,
): Promise<AsyncIterable<readonly string[]> | undefined> {
  const next = (from: SearchParameters | string) => patiently(() => algolia.browseRecords(index, from));
  try {
    const first = await next(parameters);
    return (async function* () {
      let page = first;
      yield page.hits;
      while (page.cursor !== undefined) {
        page = await next(page.cursor);
        yield page.hits;
      }
    })();
  } catch (error) {
    if (error instanceof RefusedError && (error.status === 401 || error.status === 403)) return undefined;
    throw error;
  }
}

/** A long report is not lost to one answer that does not come. */
export async function patiently<T>(request: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof TransientError) || attempt === ATTEMPTS) throw error;
      await delay(backoffMs(attempt, error.retryAfterMs, Math.random));
    }
  }
}

function misread(index: string): PreconditionError {
  return new PreconditionError(
    `index ${index} has answered with records that were not asked for: it reads this id as something else`,
    {
      remedy:
        'Let the records carry an id without special characters, and map it to the attribute that is asked by.',
    },
  );
}
