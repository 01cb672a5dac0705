import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { ConfigError, ProtocolError } from '../errors.ts';
import { Connections } from './connections.ts';
import { RefusedError, TransientError } from './failures.ts';
import { defaultHosts, parseHosts } from './hosts.ts';
import type { ReadyBody } from './ready-body.ts';
import { type RecordSearch, recordSearch } from './search.ts';

export type AlgoliaOptions = {
  readonly appId: string;
  readonly apiKey: string;
  /** URLs, tried in this order; undefined for Algolia's own. */
  readonly hosts?: readonly string[] | undefined;
  readonly compression: 'none' | 'gzip';
  readonly timeouts?:
    | {
        /** Until the first byte of an answer, to which is added what the body of the request may take. */
        readonly firstByteMs?: number;
        /** From there to the end of the answer. */
        readonly answerMs?: number;
      }
    | undefined;
};

export type IndexSettings = Readonly<Record<string, unknown>>;

/**
 * The part of Algolia that we use. Every method is one attempt at one host, and rejects with a TransientError, a RefusedError or
 * a TooLargeError, none of which holds anything of a record or a key.
 */
export interface Algolia extends RecordSearch {
  /** Sends ready bytes, `{"requests":[…]}`. Resolves when the batch is accepted; it is applied once the task is published. */
  batch(index: string, body: Uint8Array): Promise<{ readonly taskID: number }>;
  isPublished(index: string, taskID: number): Promise<boolean>;
  /** One page of the objectIDs of an index, of up to 1,000; `cursor` is that of the page before, and undefined behind the last one. */
  browse(
    index: string,
    cursor?: string,
  ): Promise<{ readonly objectIDs: readonly string[]; readonly cursor: string | undefined }>;
  /** What the key itself may do; an empty `indexes` means all. */
  keyRights(): Promise<{ readonly acl: readonly string[]; readonly indexes: readonly string[] }>;
  /** Undefined when there is no such index yet. */
  getSettings(index: string): Promise<IndexSettings | undefined>;
  setSettings(index: string, settings: IndexSettings): Promise<{ readonly taskID: number }>;
  /** Ends the connections; what is in flight fails. */
  close(): void;
}

const FIRST_BYTE_MS = 30_000;
const ANSWER_MS = 30_000;
/** What a slow line still carries; a body gets its time at this speed on top. */
const UPLOAD_BYTES_PER_MS = 100;
/** Smaller bodies do not gain from being packed. */
const GZIP_FROM_BYTES = 750;

/** Under the names by which they are set, without the synonyms. https://www.algolia.com/doc/rest-api/search/get-settings */
const SETTINGS_VERSION = 2;

/** Throws a ConfigError when an option cannot be used; connects only when first asked. */
export function createAlgolia(options: AlgoliaOptions): Algolia {
  checkCredentials(options);
  const { appId, apiKey, compression } = options;
  const hosts = options.hosts === undefined ? defaultHosts(appId, Math.random) : parseHosts(options.hosts);
  const { firstByteMs = FIRST_BYTE_MS, answerMs = ANSWER_MS } = options.timeouts ?? {};
  const connections = new Connections({ appId, apiKey, hosts, firstByteMs, answerMs });

  return {
    async batch(indexName, bytes) {
      const doing = `writing to index ${indexName}`;
      const body = await readyBody(bytes, compression);
      const timeouts = { connect: firstByteMs + Math.ceil(body.bytes.byteLength / UPLOAD_BYTES_PER_MS) };
      const answer = await connections.call('write', doing, ({ client, bodies }) =>
        bodies.carry(body, (headers) =>
          client.batch({ indexName, batchWriteParams: { requests: [] } }, { headers, timeouts }),
        ),
      );
      return { taskID: exactTaskID(answer, doing) };
    },
    async isPublished(indexName, taskID) {
      const doing = `asking about a task of index ${indexName}`;
      const answer = await connections.call('read', doing, ({ client }) =>
        client.getTask({ indexName, taskID }),
      );
      return field(answer, 'status') === 'published';
    },
    async browse(indexName, cursor) {
      const doing = `browsing index ${indexName}`;
      try {
        const browseParams =
          cursor === undefined ? { hitsPerPage: 1000, attributesToRetrieve: ['objectID'] } : { cursor };
        const answer = await connections.call('read', doing, ({ client }) =>
          client.browse({ indexName, browseParams }),
        );
        return { objectIDs: answer.hits.map(({ objectID }) => objectID), cursor: answer.cursor };
      } catch (error) {
        // An index that nobody has written to is empty.
        if (error instanceof RefusedError && error.status === 404)
          return { objectIDs: [], cursor: undefined };
        throw error;
      }
    },
    ...recordSearch(connections),
    async keyRights() {
      const doing = 'reading the rights of the Algolia API key';
      const answer = await connections.call('read', doing, ({ client }) => client.getApiKey({ key: apiKey }));
      return { acl: texts(field(answer, 'acl')), indexes: texts(field(answer, 'indexes')) };
    },
    async getSettings(indexName) {
      const doing = `reading the settings of index ${indexName}`;
      try {
        return {
          ...(await connections.call('read', doing, ({ client }) =>
            client.getSettings({ indexName, getVersion: SETTINGS_VERSION }),
          )),
        };
      } catch (error) {
        if (error instanceof RefusedError && error.status === 404) return undefined;
        throw error;
      }
    },
    async setSettings(indexName, indexSettings) {
      const doing = `changing the settings of index ${indexName}`;
      const answer = await connections.call('write', doing, ({ client }) =>
        client.setSettings({ indexName, indexSettings }),
      );
      return { taskID: exactTaskID(answer, doing) };
    },
    close: () => connections.close(),
  };
}

/** Both go into headers, and the application's ID into host names. */
function checkCredentials({ appId, apiKey, hosts }: AlgoliaOptions): void {
  if (!(hosts === undefined ? /^[A-Za-z0-9]+$/ : /^[\x21-\x7e]+$/).test(appId)) {
    throw new ConfigError('algolia.appId is empty or not an application ID', {
      remedy: 'Check ALGOLIA_APP_ID.',
    });
  }
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    const remedy = 'Check ALGOLIA_API_KEY.';
    throw new ConfigError('algolia.apiKey is empty or holds characters that no key has', { remedy });
  }
}

const gzipAsync = promisify(gzip);

/** The client's own compression does not see ready bytes, and would block the event loop. */
async function readyBody(bytes: Uint8Array, compression: 'none' | 'gzip'): Promise<ReadyBody> {
  if (compression === 'none' || bytes.byteLength < GZIP_FROM_BYTES) return { bytes, gzipped: false };
  return { bytes: await gzipAsync(bytes), gzipped: true };
}

/** Task IDs are 64 bit integers; one that a number cannot hold would be asked about under another task's ID. */
function exactTaskID(answer: unknown, doing: string): number {
  const taskID = field(answer, 'taskID');
  if (typeof taskID !== 'number') {
    const cause = new Error('an answer without taskID');
    throw new TransientError(`${doing}: the answer is not Algolia's`, {
      cause,
      status: undefined,
      outcomeUnknown: true,
    });
  }
  if (!Number.isSafeInteger(taskID)) throw new ProtocolError(`${doing}: the answer's taskID is beyond 2^53`);
  return taskID;
}

function field(answer: unknown, name: string): unknown {
  return typeof answer === 'object' && answer !== null ? Reflect.get(answer, name) : undefined;
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}
