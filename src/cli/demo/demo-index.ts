import { UnavailableError } from '../../errors.ts';
import type { AlgoliaServer } from '../../local/algolia/server.ts';
import { DEMO_INDEX } from './demo-config.ts';

/** One record as a search returns it, with what the demo shows of it. */
export type Event = {
  readonly action: string;
  readonly actor_id?: string | null;
  readonly target_type?: string | null;
  readonly target_id?: string | null;
};

export type Searchable = { readonly records: number; readonly newest: Event | undefined };

type Answer = {
  readonly nbHits?: number;
  readonly hits?: readonly (Event & { readonly objectID: string })[];
  readonly cursor?: string;
};

/** The demo's index, asked over HTTP as anybody else would. */
export class DemoIndex {
  readonly #server: AlgoliaServer;

  constructor(server: AlgoliaServer) {
    this.#server = server;
  }

  /** How many records a search finds now, and the newest of them; none while there is no index yet. */
  async searchable(): Promise<Searchable> {
    const answer = await this.#post('query', this.#server.searchKey, { query: '', hitsPerPage: 1 });
    return { records: answer?.nbHits ?? 0, newest: answer?.hits?.[0] };
  }

  /** Every objectID. */
  async ids(): Promise<string[]> {
    const ids: string[] = [];
    let page: Readonly<Record<string, unknown>> | undefined = {
      hitsPerPage: 1000,
      attributesToRetrieve: ['objectID'],
    };
    while (page !== undefined) {
      const answer: Answer | undefined = await this.#post('browse', this.#server.adminKey, page);
      for (const { objectID } of answer?.hits ?? []) ids.push(objectID);
      page = answer?.cursor === undefined ? undefined : { cursor: answer.cursor };
    }
    return ids;
  }

  async #post(route: string, key: string, body: object): Promise<Answer | undefined> {
    const { url, appId } = this.#server;
    const response = await fetch(`${url}/1/indexes/${DEMO_INDEX}/${route}`, {
      method: 'POST',
      headers: { 'x-algolia-application-id': appId, 'x-algolia-api-key': key },
      body: JSON.stringify(body),
    }).catch((cause: unknown) => {
      throw new UnavailableError('the local Algolia server does not answer', { cause });
    });
    if (response.status === 404) return undefined;
    if (!response.ok) throw new UnavailableError(`the local Algolia server answered ${response.status}`);
    return (await response.json()) as Answer;
  }
}
