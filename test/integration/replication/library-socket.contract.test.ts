import type { Socket } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTlsCluster, type TlsCluster } from './tls-cluster.ts';

/**
 * What src/replication/transport.ts relies on in pg 8 to read the socket before pg does. One that fails says that pg has changed: then
 * CopyData would reach its parser, or nothing would.
 */

let cluster: TlsCluster;

beforeAll(async () => {
  cluster = await startTlsCluster();
});

afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
});

type Reading = { attachListeners(stream: Socket): void; readonly stream: Socket };

/** Connects, and says what each call of attachListeners found and left on its stream. */
async function attached(url: string) {
  const client = new pg.Client({ connectionString: url, replication: 'database' } as pg.ClientConfig);
  const connection = client.connection as unknown as Reading;
  const calls: { readonly stream: Socket; readonly before: number; readonly after: number }[] = [];
  const attachListeners = connection.attachListeners.bind(connection);
  connection.attachListeners = (stream) => {
    const before = stream.listenerCount('data');
    attachListeners(stream);
    calls.push({ stream, before, after: stream.listenerCount('data') });
  };
  await client.connect();
  const { rows } = await client.query('IDENTIFY_SYSTEM');
  const { stream } = connection;
  const whenUsed = stream.listenerCount('data');
  await client.end();
  return { calls, stream, whenUsed, rows };
}

test.each(['TCP', 'TLS'] as const)(
  'over %s attachListeners is called once, on the stream that is used, and adds the only listener for data',
  async (kind) => {
    const { calls, stream, whenUsed, rows } = await attached(kind === 'TLS' ? cluster.tlsUrl : cluster.url);
    expect(rows).toHaveLength(1);
    expect(calls.map(({ before, after }) => ({ before, after }))).toEqual([{ before: 0, after: 1 }]);
    expect(calls[0]?.stream === stream, 'the stream of the call').toBe(true);
    expect('encrypted' in stream).toBe(kind === 'TLS');
    expect(whenUsed).toBe(1);
  },
);

test('the one listener for data is given bytes that end anywhere, and is all that reads', async () => {
  const client = new pg.Client({ connectionString: cluster.url });
  const connection = client.connection as unknown as Reading;
  const attachListeners = connection.attachListeners.bind(connection);
  let reads = 0;
  connection.attachListeners = (stream) => {
    attachListeners(stream);
    const [parse] = stream.listeners('data') as ((bytes: Buffer) => void)[];
    if (parse === undefined) throw new Error('nobody reads');
    stream.off('data', parse);
    stream.on('data', (bytes: Buffer) => {
      for (const byte of bytes) parse(Buffer.of(byte));
      reads += 1;
    });
  };
  await client.connect();
  const { rows } = await client.query(`SELECT g, repeat('x', g) AS text FROM generate_series(1, 300) g`);
  await client.end();
  expect(rows).toEqual(Array.from({ length: 300 }, (_, at) => ({ g: at + 1, text: 'x'.repeat(at + 1) })));
  expect(reads).toBeGreaterThan(0);
});
