import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CHECKSUM_PRIME } from './audit-rows.ts';

/** What the index has been sent so far. All but `requests` and `bytes` stay 0 unless it reads what it is sent. */
export type IndexFacts = {
  readonly requests: number;
  readonly bytes: number;
  readonly records: number;
  readonly distinctIds: number;
  readonly largestRequest: number;
  /** Over all records, (objectID * after.n) modulo CHECKSUM_PRIME, added up. */
  readonly checksum: number;
};

export type IndexOptions = {
  /** Whether it reads what it is sent; the index that only discards leaves the processor to the pipeline. */
  readonly reads: boolean;
  /** Whether tasks are published at once, or only when told by `publish`. */
  readonly publishes: boolean;
};

/** What its parent may say; `facts` is answered with IndexFacts. Its first message is the port. */
export type IndexQuestion = 'facts' | 'publish';

type BatchRequest = {
  readonly requests: readonly { readonly body: { objectID: string; after: { n: number } } }[];
};

/** Algolia's answer names every objectID, which costs whoever parses it; these stand for the ones that were not read. */
const ID_TEXT = '"1234567",';
const ID_TEXTS = ID_TEXT.repeat(100_000);
const RECORD_BYTES = 500;

const options = JSON.parse(process.argv[2] ?? '{}') as IndexOptions;
const ids = new Set<number>();
let publishes = options.publishes;
let facts: IndexFacts = {
  requests: 0,
  bytes: 0,
  records: 0,
  distinctIds: 0,
  largestRequest: 0,
  checksum: 0,
};

function take(chunks: readonly Buffer[], bytes: number): number {
  const requests = options.reads
    ? (JSON.parse(Buffer.concat(chunks).toString()) as BatchRequest).requests
    : [];
  let { checksum } = facts;
  for (const { body } of requests) {
    const id = Number(body.objectID);
    ids.add(id);
    checksum += (id * body.after.n) % CHECKSUM_PRIME;
  }
  facts = {
    requests: facts.requests + 1,
    bytes: facts.bytes + bytes,
    records: facts.records + requests.length,
    distinctIds: ids.size,
    largestRequest: Math.max(facts.largestRequest, requests.length),
    checksum,
  };
  return options.reads ? requests.length : Math.ceil(bytes / RECORD_BYTES);
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (options.reads) chunks.push(chunk);
  });
  request.on('end', () => {
    response.setHeader('content-type', 'application/json');
    const [path = ''] = (request.url ?? '').split('?');
    if (path.endsWith('/batch')) {
      const count = take(chunks, bytes);
      const objectIDs = ID_TEXTS.slice(0, ID_TEXT.length * count - 1);
      response.end(`{"taskID":${facts.requests},"objectIDs":[${objectIDs}]}`);
    } else if (path.includes('/task/')) {
      response.end(`{"status":"${publishes ? 'published' : 'notPublished'}","pendingTask":false}`);
    } else {
      response.end('{"acl":["addObject","deleteObject"],"indexes":[]}');
    }
  });
}

process.on('message', (question: IndexQuestion) => {
  if (question === 'publish') publishes = true;
  else process.send?.(facts);
});
process.on('disconnect', () => process.exit());
const server = createServer(answer).listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});
