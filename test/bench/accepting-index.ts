import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monotonicMs } from './clock.ts';
import type { IndexFacts, IndexOptions, IndexQuestion } from './index-messages.ts';
import { CountedRecords, ReadRecords } from './received-records.ts';

/** Algolia's answer names every objectID, which costs whoever parses it; these stand for the ones that were not read. */
const ID_TEXT = '"1234567",';
const ID_TEXTS = ID_TEXT.repeat(100_000);

const options = JSON.parse(process.argv[2] ?? '{}') as IndexOptions;
const read = options.reads ? new ReadRecords() : undefined;
const counted = new CountedRecords();
let { publishes } = options;
let requests = 0;
let bytes = 0;
let stalledUntilMs: number | undefined;

function facts(): IndexFacts {
  const records = { distinctIds: 0, largestRequest: 0, checksum: 0, records: counted.count() };
  return { ...records, ...read?.facts(), requests, bytes, stalledUntilMs };
}

/** Sends it when the index would: at once, after its delay, or when it no longer stalls. Who has hung up by then has sent nothing. */
function send(response: ServerResponse, text: () => string): void {
  const { answerDelayMs = 0 } = options;
  const pauseMs = Math.max(answerDelayMs, (stalledUntilMs ?? 0) - monotonicMs());
  const end = (): void => {
    if (!response.destroyed) response.end(text());
  };
  if (pauseMs > 0) setTimeout(end, pauseMs);
  else end();
}

function answerBatch(request: IncomingMessage, response: ServerResponse): void {
  if (options.stallMs !== undefined) stalledUntilMs ??= monotonicMs() + options.stallMs;
  const received = read?.request() ?? counted.request(request.headers['content-encoding'] === 'gzip');
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    received.add(chunk);
  });
  request.on('end', () => {
    requests += 1;
    const taskID = requests;
    send(response, () => {
      const count = received.end(taskID);
      return `{"taskID":${taskID},"objectIDs":[${ID_TEXTS.slice(0, Math.max(0, ID_TEXT.length * count - 1))}]}`;
    });
  });
}

function answerTask(taskID: number, response: ServerResponse): void {
  send(response, () => {
    if (publishes) read?.published(taskID);
    return `{"status":"${publishes ? 'published' : 'notPublished'}","pendingTask":false}`;
  });
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('content-type', 'application/json');
  const [path = ''] = (request.url ?? '').split('?');
  const task = /\/task\/(\d+)$/.exec(path)?.[1];
  if (path.endsWith('/batch')) answerBatch(request, response);
  else if (task !== undefined) answerTask(Number(task), response);
  else response.end('{"acl":["addObject","deleteObject","deleteIndex"],"indexes":[]}');
}

process.on('message', (question: IndexQuestion) => {
  if (question === 'publish') publishes = true;
  else process.send?.(question === 'facts' ? facts() : (read?.times() ?? []));
});
process.on('disconnect', () => process.exit());
const server = createServer(answer).listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});
