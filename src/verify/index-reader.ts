import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../algolia/backoff.ts';
import type { Algolia } from '../algolia/client.ts';
import { RefusedError, TransientError } from '../algolia/failures.ts';
import type { SearchParameters } from '../algolia/search.ts';
import { PreconditionError } from '../errors.ts';

/** As `JSON.parse` gave it. */
export type IndexRecord = Readonly<Record<string, unknown>>;

export type ReadAlgolia = Pick<Algolia, 'browseRecords' | 'getRecords' | 'search' | 'batch' | 'isPublished'>;

const PAGE_RECORDS = 1_000;
const ATTEMPTS = 6;
const QUESTION_PAUSE_MS = 100;

/** One index, read patiently; counts what it asks for. Its methods reject with a Wal2AlgoliaError. */
export class IndexReader {
  readonly #algolia: ReadAlgolia;
  readonly #index: string;
  #requests = 0;

  constructor(algolia: ReadAlgolia, index: string) {
    this.#algolia = algolia;
    this.#index = index;
  }

  /** How many there were so far, those that were sent again included. */
  get requests(): number {
    return this.#requests;
  }

  /** Hands over the records that pass the filter, a page at a time, with all attributes unless some are named. */
  async walk(
    { filter, attributes = ['*'] }: { readonly filter: string | undefined; readonly attributes?: string[] },
    take: (records: readonly IndexRecord[]) => Promise<void>,
  ): Promise<void> {
    const filters = filter === undefined ? {} : { filters: filter };
    let from: SearchParameters | string | undefined = {
      hitsPerPage: PAGE_RECORDS,
      attributesToRetrieve: attributes,
      ...filters,
    };
    while (from !== undefined) from = await this.#page(from, take);
  }

  /** In the order of the objectIDs; undefined for those that are not there. */
  async records(objectIDs: readonly string[]): Promise<readonly (IndexRecord | undefined)[]> {
    const records: (IndexRecord | undefined)[] = [];
    for (let at = 0; at < objectIDs.length; at += PAGE_RECORDS) {
      const some = objectIDs.slice(at, at + PAGE_RECORDS);
      const texts = await this.#asked(() => this.#algolia.getRecords(this.#index, some));
      records.push(
        ...some.map((_, place) => (texts[place] === undefined ? undefined : parsed(texts[place]))),
      );
    }
    return records;
  }

  /** How many pass the filter; undefined where Algolia does not say exactly. */
  async count(filter: string | undefined): Promise<number | undefined> {
    const filters = filter === undefined ? {} : { filters: filter };
    const answer = await this.#asked(() =>
      this.#algolia.search(this.#index, { hitsPerPage: 0, attributesToRetrieve: [], ...filters }),
    );
    if (answer === undefined) return 0;
    return answer.isExact && Number.isFinite(answer.nbHits) ? answer.nbHits : undefined;
  }

  /**
   * Resolves once all that was accepted before can be found. Tasks of one index are worked off in order, so it waits for one that does
   * nothing: a batch without a request.
   */
  async published(): Promise<void> {
    const { taskID } = await this.#asked(() => this.#algolia.batch(this.#index, NOTHING));
    while (!(await this.#asked(() => this.#algolia.isPublished(this.#index, taskID))))
      await delay(QUESTION_PAUSE_MS);
  }

  /** Resolves with the cursor of the next one. */
  async #page(
    from: SearchParameters | string,
    take: (records: readonly IndexRecord[]) => Promise<void>,
  ): Promise<string | undefined> {
    const page = await this.#asked(() => this.#algolia.browseRecords(this.#index, from)).catch(orEmpty);
    await take(page.hits.map(parsed));
    return page.cursor;
  }

  /** Not lost to one answer that does not come. */
  async #asked<T>(request: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      this.#requests += 1;
      try {
        return await request();
      } catch (error) {
        if (!(error instanceof TransientError) || attempt === ATTEMPTS) throw forReaders(error);
        await delay(backoffMs(attempt, error.retryAfterMs, Math.random));
      }
    }
  }
}

/** The remedies of refusals speak to whoever writes. */
function forReaders(error: unknown): unknown {
  if (!(error instanceof RefusedError) || (error.status !== 401 && error.status !== 403)) return error;
  return new PreconditionError(error.message, {
    cause: error,
    remedy:
      'Check ALGOLIA_APP_ID, and that ALGOLIA_API_KEY is a key of it with the rights browse and search, which may reach this index.',
  });
}

const NOTHING = Buffer.from('{"requests":[]}');

/** An index that nobody has written to. */
function orEmpty(error: unknown) {
  if (error instanceof RefusedError && error.status === 404) return { hits: [], cursor: undefined };
  throw error;
}

function parsed(text: string): IndexRecord {
  return JSON.parse(text) as IndexRecord;
}
