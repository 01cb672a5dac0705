import { PreconditionError } from '../errors.ts';
import { type Connection, Connections } from './connections.ts';
import { RefusedError } from './failures.ts';
import { defaultHosts, parseHosts } from './hosts.ts';
import type { Restriction } from './key-scope.ts';

export type TrialOptions = {
  readonly appId: string;
  readonly hosts: readonly string[] | undefined;
  /** May search without the restrictions. */
  readonly parent: string;
  readonly key: string;
  readonly index: string;
  readonly restrictions: readonly Restriction[];
};

export type Trial = {
  /** How many records the key finds; undefined when there is no such index yet. */
  readonly records: number | undefined;
  /** How many records outside were asked for, and refused. */
  readonly outsiders: number;
};

const TIMEOUT_MS = 10_000;

/**
 * Uses a new key as its owner would, and asks for a record beyond each of its restrictions, if there is one: by a search and by its
 * objectID, since whether a key's filters hold for the latter is not documented. Throws a PreconditionError when the key is not
 * taken, or is given such a record.
 */
export async function tryKey(options: TrialOptions): Promise<Trial> {
  const { index, key, restrictions } = options;
  const owner = new Reader(options, key);
  const parent = new Reader(options, options.parent);
  try {
    const records = await taken(owner.count(index, ''));
    let outsiders = 0;
    for (const { attribute, outside } of records === undefined ? [] : restrictions) {
      const objectID = await parent.first(index, outside);
      if (objectID === undefined) continue;
      outsiders += 1;
      if (await owner.reads(index, objectID)) {
        throw new PreconditionError(
          `Algolia gives the new key a record of index ${index} that its restriction on "${attribute}" keeps out: it is not printed`,
          {
            remedy:
              'Keep the records of each reader in an index of their own, and restrict keys by index alone.',
          },
        );
      }
    }
    return { records, outsiders };
  } finally {
    owner.close();
    parent.close();
  }
}

async function taken(counting: Promise<number>): Promise<number | undefined> {
  try {
    return await counting;
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    if (error.status === 404) return undefined;
    throw new PreconditionError(`Algolia does not take the new key: ${error.reason}`, {
      cause: error,
      remedy:
        'Check that ALGOLIA_SEARCH_KEY belongs to ALGOLIA_APP_ID and may search this index. No key can be made from the admin key.',
    });
  }
}

/** Searches with one key. */
class Reader {
  readonly #connections: Connections;

  constructor({ appId, hosts }: TrialOptions, apiKey: string) {
    this.#connections = new Connections({
      appId,
      apiKey,
      hosts: hosts === undefined ? defaultHosts(appId, Math.random) : parseHosts(hosts),
      firstByteMs: TIMEOUT_MS,
      answerMs: TIMEOUT_MS,
    });
  }

  async count(index: string, filters: string): Promise<number> {
    const { nbHits = 0 } = await this.#search(index, filters, 0);
    return nbHits;
  }

  async first(index: string, filters: string): Promise<string | undefined> {
    const { hits } = await this.#search(index, filters, 1);
    return hits[0]?.objectID;
  }

  /** Whether it is given this record in any way. */
  async reads(index: string, objectID: string): Promise<boolean> {
    const isPlain = !/["\\]/.test(objectID);
    if (isPlain && (await this.count(index, `objectID:"${objectID}"`)) > 0) return true;
    try {
      await this.#call(`reading a record of index ${index}`, ({ client }) =>
        client.getObject({ indexName: index, objectID, attributesToRetrieve: ['objectID'] }),
      );
      return true;
    } catch (error) {
      if (error instanceof RefusedError) return false;
      throw error;
    }
  }

  close(): void {
    this.#connections.close();
  }

  #search(index: string, filters: string, hitsPerPage: number) {
    const searchParams = {
      query: '',
      filters,
      hitsPerPage,
      attributesToRetrieve: ['objectID'],
      attributesToHighlight: [],
      analytics: false,
    };
    return this.#call(`searching index ${index}`, ({ client }) =>
      client.searchSingleIndex({ indexName: index, searchParams }),
    );
  }

  #call<T>(doing: string, request: (connection: Connection) => Promise<T>): Promise<T> {
    return this.#connections.call('read', doing, request);
  }
}
