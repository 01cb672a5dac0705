import { algoliasearch, type BatchRequest } from 'algoliasearch';
import { LogicalReplicationService, type Pgoutput, PgoutputPlugin } from 'pg-logical-replication';

/**
 * What one would write with the same libraries and without much thought: the library's parser, an object for each row, the
 * official client. It loses rows in ways of which the program's own tests tell; here it is only a measure.
 */
const BATCH_RECORDS = 1_000;
const REQUESTS_IN_FLIGHT = 4;
const FLUSH_INTERVAL_MS = 50;

const [databaseUrl = '', slot = '', publication = '', indexUrl = ''] = process.argv.slice(2);
const { hostname, port } = new URL(indexUrl);
const client = algoliasearch('local', 'local-admin-key', {
  hosts: [{ url: hostname, port: Number(port), protocol: 'http', accept: 'readWrite' }],
});
const service = new LogicalReplicationService(
  { connectionString: databaseUrl },
  { acknowledge: { auto: false, timeoutSeconds: 0 }, flowControl: { enabled: true } },
);

let rows: BatchRequest[] = [];
let committedLsn: string | undefined;
let inFlight = 0;
let confirmed: Promise<unknown> = Promise.resolve();
let whenOneEnds = (): void => undefined;

async function flush(): Promise<void> {
  const [requests, lsn] = [rows, committedLsn];
  rows = [];
  while (inFlight >= REQUESTS_IN_FLIGHT) {
    await new Promise<void>((resolve) => {
      whenOneEnds = resolve;
    });
  }
  inFlight += 1;
  const accepted = client.batch({ indexName: 'audit_log', batchWriteParams: { requests } }).finally(() => {
    inFlight -= 1;
    whenOneEnds();
  });
  confirmAfter(accepted, lsn);
}

/** Positions are confirmed in order, each once everything before it is accepted. */
function confirmAfter(accepted: Promise<unknown>, lsn: string | undefined): void {
  confirmed = Promise.all([confirmed, accepted]).then(() => lsn !== undefined && service.acknowledge(lsn));
  confirmed.catch(fail);
}

function fail(error: unknown): void {
  console.error(error);
  process.exit(1);
}

service.on('data', (_lsn: string, message: Pgoutput.Message): Promise<void> | undefined => {
  if (message.tag === 'commit') {
    committedLsn = message.commitEndLsn ?? undefined;
    if (rows.length === 0) confirmAfter(Promise.resolve(), committedLsn);
  }
  if (message.tag !== 'insert' && message.tag !== 'update') return undefined;
  rows.push({ action: 'updateObject', body: { ...message.new, objectID: message.new['id'] } });
  return rows.length >= BATCH_RECORDS ? flush() : undefined;
});
service.on('heartbeat', (lsn: string) => {
  if (rows.length === 0 && inFlight === 0) service.acknowledge(lsn).catch(fail);
});
service.on('error', fail);
setInterval(() => {
  if (rows.length > 0 && inFlight < REQUESTS_IN_FLIGHT) void flush();
}, FLUSH_INTERVAL_MS);
process.once('SIGTERM', () => process.exit());

await service.subscribe(new PgoutputPlugin({ protoVersion: 1, publicationNames: [publication] }), slot);
