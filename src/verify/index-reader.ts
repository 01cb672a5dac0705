import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../algolia/backoff.ts';
import type { Algolia } from '../algolia/client.ts';
import { RefusedError, TransientError } from '../algolia/failures.ts';
import type { SearchParameters } from '../algolia/search.ts';
import { PreconditionError, UnavailableError } from '../errors.ts';

/** As `JSON.parse` gave it. */
export type IndexRecord = Readonly<Record<string, unknown>>;

export type ReadAlgolia = Pick<
  Algolia,
  'browseRecords' | 'getRecords' | 'search' | 'batch' | 'isPublished' | 'keyRights' | 'getSettings'
>;

/** A request that is not answered for now, and is sent again. */
export type Waiting = {
  readonly error: UnavailableError;
  /** Since it failed first, and for how long at most. */
  readonly waitedMs: number;
  readonly patienceMs: number;
};

export type IndexReaderOptions = {
  readonly onWaiting?: ((waiting: Waiting) => void) | undefined;
  readonly clock?: { readonly nowMs: () => number; readonly pause: (ms: number) => Promise<unknown> };
};

const PAGE_RECORDS = 1_000;
/** An outage, or what a `Retry-After` asks for, that a comparison of hours outlives. */
const PATIENCE_MS = 300_000;
const QUESTION_PAUSE_MS = 100;

/** One index, read patiently; counts what it asks for. Its methods reject with a Wal2AlgoliaError. */
export class IndexReader {
  readonly #algolia: ReadAlgolia;
  readonly #index: string;
  readonly #options: IndexReaderOptions;
  #requests = 0;

  constructor(algolia: ReadAlgolia, index: string, options: IndexReaderOptions = {}) {
    this.#algolia = algolia;
    this.#index = index;
    this.#options = options;
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

  /**
   * Attributes that the key gets of no record, as far as that can be known: by the settings of the index where it may read them, else by those
   * that are configured. https://www.algolia.com/doc/api-reference/api-parameters/unretrievableAttributes
   */
  async hiddenAttributes(configured: Readonly<Record<string, unknown>> = {}): Promise<readonly string[]> {
    const { acl } = await this.#asked(() => this.#algolia.keyRights());
    if (acl.includes('seeUnretrievableAttributes')) return [];
    const settings = acl.includes('settings')
      ? await this.#asked(() => this.#algolia.getSettings(this.#index))
      : configured;
    const hidden = settings?.['unretrievableAttributes'];
    return Array.isArray(hidden) ? hidden.map(String) : [];
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

  /** Not lost to an outage that is over in time. */
  async #asked<T>(request: () => Promise<T>): Promise<T> {
    const { onWaiting, clock = CLOCK } = this.#options;
    let failedAtMs: number | undefined;
    for (let attempt = 1; ; attempt += 1) {
      this.#requests += 1;
      try {
        return await request();
      } catch (error) {
        if (!(error instanceof TransientError)) throw forReaders(error);
        const nowMs = clock.nowMs();
        failedAtMs ??= nowMs;
        const waitedMs = nowMs - failedAtMs;
        const pauseMs = backoffMs(attempt, error.retryAfterMs, Math.random);
        if (waitedMs + pauseMs > PATIENCE_MS) throw gaveUp(error, waitedMs);
        onWaiting?.({ error, waitedMs, patienceMs: PATIENCE_MS });
        await clock.pause(pauseMs);
      }
    }
  }
}

const CLOCK = { nowMs: () => performance.now(), pause: (ms: number) => delay(ms) };

function gaveUp(error: TransientError, waitedMs: number): UnavailableError {
  const { message, retryAfterMs } = error;
  const asked = retryAfterMs === undefined ? '' : `, and asks for ${Math.ceil(retryAfterMs / 1_000)} s more`;
  return new UnavailableError(`${message}, for ${Math.round(waitedMs / 1_000)} s${asked}`, {
    cause: error,
    remedy:
      'Compare again once Algolia answers: a comparison changes nothing, so there is nothing to clean up.',
  });
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
