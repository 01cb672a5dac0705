import type { Client } from 'pg';
import { LogicalReplicationService, PgoutputPlugin } from 'pg-logical-replication';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { abuttingCommits } from './abutting-commits.ts';

/**
 * What pg-logical-replication 2.5.0 does when used as it offers itself. Each of these would lose rows or end the process, and src/replication
 * is built around them: one that fails says that the library has changed, and that the file that wraps it must be read again.
 */
let database: TestDatabase;
let client: Client;
const open: LogicalReplicationService[] = [];

beforeEach(async () => {
  database = await createDatabase();
  client = database.client;
  await client.query('CREATE TABLE t (id int PRIMARY KEY, note text)');
  await client.query(`CREATE PUBLICATION "${database.publication}" FOR TABLE t`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [database.slot]);
});

afterEach(async () => {
  for (const service of open.splice(0)) await service.destroy();
  await database[Symbol.asyncDispose]();
});

type Options = ConstructorParameters<typeof LogicalReplicationService>[1];
const quiet: Options = { acknowledge: { auto: false, timeoutSeconds: 0 }, flowControl: { enabled: false } };

function service(options: Options, settings = ''): LogicalReplicationService {
  const made = new LogicalReplicationService({ connectionString: database.url, options: settings }, options);
  made.on('error', () => undefined);
  open.push(made);
  return made;
}

function plugin(publication = database.publication): PgoutputPlugin {
  return new PgoutputPlugin({ protoVersion: 1, publicationNames: [publication] });
}

/** Subscribes and resolves once the stream has started or ended; `ended` resolves with the rejection, if there is one. */
async function subscribed(
  made: LogicalReplicationService,
  publication = plugin(),
): Promise<{ ended: Promise<unknown> }> {
  const started = new Promise<void>((resolve) => made.on('start', resolve));
  const ended = made.subscribe(publication, database.slot).then(
    () => undefined,
    (error: unknown) => error,
  );
  await Promise.race([started, ended]);
  return { ended };
}

async function ids(made: LogicalReplicationService, untilId: number): Promise<number[]> {
  const seen: number[] = [];
  made.on('data', (_lsn: string, log: { tag: string; new?: { id: number } }) => {
    if (log.tag === 'insert' && log.new) seen.push(log.new.id);
  });
  await subscribed(made);
  await waitFor(() => seen.includes(untilId), { description: `row ${untilId} to arrive` });
  return seen;
}

const confirmed = async (): Promise<string> => {
  const { rows } = await client.query(
    'SELECT confirmed_flush_lsn::text AS lsn FROM pg_replication_slots WHERE slot_name = $1',
    [database.slot],
  );
  return rows[0].lsn;
};

async function released(): Promise<void> {
  await waitFor(
    async () => {
      const { rows } = await client.query('SELECT active FROM pg_replication_slots WHERE slot_name = $1', [
        database.slot,
      ]);
      return rows[0].active === false;
    },
    { description: 'the slot to be released' },
  );
}

/** Delivers chunks to the library as one socket read would. */
function inject(made: LogicalReplicationService, ...chunks: Buffer[]): void {
  const connection = made['_connection'] as unknown as NodeJS.EventEmitter;
  for (const chunk of chunks) connection.emit('copyData', { chunk, length: chunk.length, name: 'copyData' });
}

function keepalive(lsn: bigint): Buffer {
  const chunk = Buffer.alloc(18);
  chunk.write('k');
  chunk.writeBigUInt64BE(lsn, 1);
  return chunk;
}

function xLogData(lsn: bigint, payload: Buffer): Buffer {
  const header = Buffer.alloc(25);
  header.write('w');
  header.writeBigUInt64BE(lsn, 1);
  return Buffer.concat([header, payload]);
}

const raw = { name: 'pgoutput', options: {}, parse: (bytes: Buffer) => bytes };
const rawPlugin = () =>
  Object.assign(Object.create(plugin()), { parse: raw.parse, options: plugin().options }) as PgoutputPlugin;

describe('positions', () => {
  test('H1: acknowledge adds one, and a transaction whose commit abuts the confirmed one is never sent again', async () => {
    const commits = await abuttingCommits(database);
    const first = service(quiet);
    await ids(first, commits.second.id);
    await first.acknowledge(commits.first.endLsn);
    await waitFor(async () => (await confirmed()) !== commits.before, { description: 'the confirmation' });
    await first.stop();
    await released();
    await client.query('INSERT INTO t VALUES (1000)');
    expect(await ids(service(quiet), 1_000)).toEqual([1_000]);
  });

  test('H2: its timer confirms what was only received', async () => {
    const before = await confirmed();
    await client.query('INSERT INTO t VALUES (1)');
    const made = service({ acknowledge: { auto: false, timeoutSeconds: 1 } });
    await ids(made, 1);
    await waitFor(async () => (await confirmed()) !== before, { description: 'the timer to confirm' });
    await made.stop();
    await released();
    await client.query('INSERT INTO t VALUES (2)');
    expect(await ids(service(quiet), 2)).toEqual([2]);
  });

  test('H3: a service that subscribes again starts behind what it received', async () => {
    await client.query('INSERT INTO t VALUES (1)');
    const made = service(quiet);
    const seen = await ids(made, 1);
    await made.stop();
    await released();
    seen.length = 0;
    await client.query('INSERT INTO t VALUES (2)');
    await subscribed(made);
    await waitFor(() => seen.includes(2), { description: 'row 2' });
    expect(seen).toEqual([2]);
  });

  test('auto acknowledgement does not wait for the handler', async () => {
    const before = await confirmed();
    await client.query('INSERT INTO t VALUES (1)');
    const made = service({ acknowledge: { auto: true, timeoutSeconds: 0 } });
    made.on('data', () => new Promise(() => undefined));
    await subscribed(made);
    await waitFor(async () => (await confirmed()) !== before, {
      description: 'a confirmation of rows in work',
    });
  });

  test('its status carries a clock that is seven days off', async () => {
    const made = service(quiet);
    await subscribed(made);
    const sent: Buffer[] = [];
    const connection = made['_connection'] as unknown as { sendCopyFromChunk(chunk: Buffer): void };
    connection.sendCopyFromChunk = (chunk) => void sent.push(chunk);
    await made.acknowledge('0/10');
    const status = sent[0] as Buffer;
    expect(status.readBigUInt64BE(1)).toBe(0x11n);
    const ms = status.readUInt32BE(25) * 4_294_967.296 + status.readUInt32BE(29) / 1_000 + 946_684_800_000;
    expect(Math.round((ms - Date.now()) / 86_400_000)).not.toBe(0);
  });
});

describe('liveness', () => {
  test('H4: without status updates of our own the walsender hangs up', async () => {
    const { ended } = await subscribed(service(quiet, '-c wal_sender_timeout=1s'));
    expect(await ended).toBeInstanceOf(Error);
  });

  test('a busy slot rejects, and the connection stays until it is stopped', async () => {
    await subscribed(service(quiet));
    const second = service(quiet);
    expect(await (await subscribed(second)).ended).toMatchObject({ code: '55006' });
    expect(second['_client']).not.toBeNull();
  });

  test('a failed connection is reported twice, by event and by rejection', async () => {
    const made = new LogicalReplicationService(
      { connectionString: 'postgres://nobody@127.0.0.1:1/none' },
      quiet,
    );
    const events: unknown[] = [];
    made.on('error', (error) => events.push(error));
    await expect(made.subscribe(plugin(), database.slot)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(events).toHaveLength(1);
  });
});

describe('events', () => {
  test('H5: with flow control a keepalive overtakes the rows that are queued before it', async () => {
    const made = service({ ...quiet, flowControl: { enabled: true } });
    const order: string[] = [];
    made.on('data', async (_lsn: string, bytes: Buffer) => {
      if (bytes.length === 1) order.push(`row ${bytes[0]}`);
    });
    made.on('heartbeat', (lsn: string) => void order.push(`keepalive ${lsn}`));
    await subscribed(made, rawPlugin());
    order.length = 0;
    inject(made, xLogData(1n, Buffer.of(1)), xLogData(2n, Buffer.of(2)), keepalive(0xffn));
    await waitFor(() => order.includes('row 2'), { description: 'both rows' });
    expect(order.indexOf('keepalive 0/FF')).toBeLessThan(order.indexOf('row 2'));
  });

  test('without it, events come synchronously and in wire order', async () => {
    const made = service(quiet);
    const order: string[] = [];
    made.on('data', (_lsn: string, bytes: Buffer) => void order.push(`row ${bytes[0]}`));
    made.on('heartbeat', (lsn: string) => void order.push(`keepalive ${lsn}`));
    await subscribed(made, rawPlugin());
    order.length = 0;
    inject(made, xLogData(1n, Buffer.of(1)), keepalive(0xffn), xLogData(2n, Buffer.of(2)));
    expect(order).toEqual(['row 1', 'keepalive 0/FF', 'row 2']);
  });

  test('a throw in a handler or in parse goes to the socket callback', async () => {
    const made = service(quiet);
    made.on('data', () => {
      throw new Error('from a handler');
    });
    await subscribed(made, rawPlugin());
    expect(() => inject(made, xLogData(1n, Buffer.of(1)))).toThrow('from a handler');
    const parsing = service(quiet);
    await made.stop();
    await released();
    await subscribed(parsing);
    expect(() => inject(parsing, xLogData(1n, Buffer.from('S')))).toThrow(/unknown pgoutput message/);
  });

  test('lastLsn is whatever came last, and 0/0 after a Relation', async () => {
    const made = service(quiet);
    await subscribed(made, rawPlugin());
    inject(made, xLogData(0x20n, Buffer.of(1)), xLogData(0x10n, Buffer.of(1)));
    expect(made.lastLsn()).toBe('0/10');
    inject(made, xLogData(0n, Buffer.of(1)));
    expect(made.lastLsn()).toBe('0/0');
  });
});

describe('its parser', () => {
  test('H7 and H8: damages values, leaves out what did not travel, keeps a changed key aside', async () => {
    await client.query(`CREATE TYPE mood AS ENUM ('create', 'delete');
      CREATE TABLE v (id int PRIMARY KEY, at timestamptz, doc jsonb, moods mood[], big text);
      ALTER TABLE v ALTER big SET STORAGE EXTERNAL;
      ALTER PUBLICATION "${database.publication}" ADD TABLE v`);
    await client.query(`INSERT INTO v VALUES (1, '2026-01-02 03:04:05.123456+00', '{"n": 12345678901234567890, "m": 1.10}',
      '{create}', repeat('x', 20000))`);
    await client.query('UPDATE v SET id = 2');
    const logs: { tag: string; new: Record<string, unknown>; key?: Record<string, unknown> }[] = [];
    const made = service(quiet);
    made.on('data', (_lsn: string, log) => void logs.push(log));
    await subscribed(made);
    await waitFor(() => logs.some(({ tag }) => tag === 'update'), { description: 'the update' });
    const inserted = logs.find(({ tag }) => tag === 'insert')?.new;
    expect((inserted?.['at'] as Date | undefined)?.toISOString()).toBe('2026-01-02T03:04:05.123Z');
    expect(JSON.stringify(inserted?.['doc'])).toBe('{"m":1.1,"n":12345678901234567000}');
    expect(inserted?.['moods']).toBe('{create}');
    const updated = logs.find(({ tag }) => tag === 'update');
    expect(updated?.new).toHaveProperty('big', undefined);
    expect(updated?.key).toMatchObject({ id: 1 });
  });

  test('publication names are not quoted: one with capitals is not found', async () => {
    await client.query('CREATE PUBLICATION "Pub-1" FOR TABLE t');
    const server = Number((await client.query('SHOW server_version_num')).rows[0].server_version_num);
    await client.query(`SELECT pg_drop_replication_slot('${database.slot}')`);
    await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [database.slot]);
    await client.query('INSERT INTO t VALUES (1)');
    const made = service(quiet);
    const seen: unknown[] = [];
    let keepalives = 0;
    made.on('data', (_lsn: string, log) => void seen.push(log));
    made.on('heartbeat', () => {
      keepalives += 1;
    });
    const { ended } = await subscribed(made, plugin('Pub-1'));
    if (server < 180_000) {
      expect(await ended).toMatchObject({ code: expect.stringMatching(/^42/) });
    } else {
      await waitFor(() => keepalives > 0, { description: 'a keepalive past the row' });
      expect(seen).toEqual([]);
    }
  });
});
