import pg from 'pg';

const KEEPALIVE = 0x6b; // k

/** Reads a slot as fast as messages come and drops them, up to `end`; stands in where pg_recvlogical is not installed. */
async function discard(url: string, slot: string, options: string, end: bigint): Promise<void> {
  const client = new pg.Client({ connectionString: url, replication: 'database' } as pg.ClientConfig);
  await client.connect();
  const { connection } = client as unknown as { connection: NodeJS.EventEmitter };
  connection.on('copyData', ({ chunk }: { readonly chunk: Buffer }) => {
    if (chunk[0] === KEEPALIVE && chunk.readBigUInt64BE(1) >= end) process.exit();
  });
  await client.query(`START_REPLICATION SLOT "${slot}" LOGICAL 0/0 (${options})`);
}

const [url = '', slot = '', options = '', end = ''] = process.argv.slice(2);
const [high = '', low = ''] = end.split('/');
await discard(url, slot, options, BigInt(`0x${high}`) * 2n ** 32n + BigInt(`0x${low}`));
