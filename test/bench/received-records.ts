import { gunzipSync } from 'node:zlib';
import { CHECKSUM_PRIME } from './audit-rows.ts';
import { monotonicMs } from './clock.ts';
import type { IndexFacts, IndexTimes } from './index-messages.ts';
import { RecordCounter } from './record-counter.ts';

type BatchRequest = {
  readonly requests: readonly { readonly body: { objectID: string; after: { n: number } } }[];
};

/** Takes the chunks of one request; `end` resolves how many records it is answered for. */
export type Received = { add(chunk: Buffer): void; end(taskID: number): number };

/** Parses every request, and keeps when each record was accepted and published. */
export class ReadRecords {
  readonly #accepted = new Map<number, number>();
  readonly #published = new Map<number, number>();
  readonly #tasks = new Map<number, readonly number[]>();
  #records = 0;
  #largestRequest = 0;
  #checksum = 0;

  request(): Received {
    const chunks: Buffer[] = [];
    return { add: (chunk) => chunks.push(chunk), end: (taskID) => this.#take(Buffer.concat(chunks), taskID) };
  }

  published(taskID: number): void {
    const now = monotonicMs();
    for (const id of this.#tasks.get(taskID) ?? [])
      if (!this.#published.has(id)) this.#published.set(id, now);
    this.#tasks.delete(taskID);
  }

  facts(): Pick<IndexFacts, 'records' | 'distinctIds' | 'largestRequest' | 'checksum'> {
    const { size: distinctIds } = this.#accepted;
    return {
      records: this.#records,
      distinctIds,
      largestRequest: this.#largestRequest,
      checksum: this.#checksum,
    };
  }

  times(): IndexTimes {
    return [...this.#accepted].flatMap(([id, acceptedAtMs]) => {
      const publishedAtMs = this.#published.get(id);
      return publishedAtMs === undefined ? [] : [[id, acceptedAtMs, publishedAtMs] as const];
    });
  }

  #take(body: Buffer, taskID: number): number {
    const { requests } = JSON.parse(body.toString()) as BatchRequest;
    const ids = requests.map(({ body: { objectID } }) => Number(objectID));
    const now = monotonicMs();
    for (const id of ids) if (!this.#accepted.has(id)) this.#accepted.set(id, now);
    this.#tasks.set(taskID, ids);
    this.#records += ids.length;
    this.#largestRequest = Math.max(this.#largestRequest, ids.length);
    this.#checksum += requests.reduce(
      (sum, { body }) => sum + ((Number(body.objectID) * body.after.n) % CHECKSUM_PRIME),
      0,
    );
    return ids.length;
  }
}

/** Only counts. What comes compressed is kept so, and counted when somebody asks; until then it goes by how the first one was. */
export class CountedRecords {
  readonly #kept: Buffer[] = [];
  #records = 0;
  #bytesPerRecord: number | undefined;

  request(isGzip: boolean): Received {
    return isGzip ? this.#gzipRequest() : this.#plainRequest();
  }

  /** Of all requests that have ended. */
  count(): number {
    for (const body of this.#kept.splice(0)) this.#records += countOf(gunzipSync(body));
    return this.#records;
  }

  #plainRequest(): Received {
    const counter = new RecordCounter();
    return {
      add: (chunk) => counter.add(chunk),
      end: () => {
        this.#records += counter.count;
        return counter.count;
      },
    };
  }

  #gzipRequest(): Received {
    const chunks: Buffer[] = [];
    return {
      add: (chunk) => chunks.push(chunk),
      end: () => {
        const body = Buffer.concat(chunks);
        this.#kept.push(body);
        // The last four bytes are the length before compression. https://www.rfc-editor.org/rfc/rfc1952#page-5
        const length = body.readUInt32LE(body.length - 4);
        this.#bytesPerRecord ??= length / countOf(gunzipSync(body));
        return Math.round(length / this.#bytesPerRecord);
      },
    };
  }
}

function countOf(body: Buffer): number {
  const counter = new RecordCounter();
  counter.add(body);
  return counter.count;
}
