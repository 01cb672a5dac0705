import { LogicalReplicationService } from 'pg-logical-replication';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../../support/wait-for.ts';
import {
  database,
  inject,
  keepalive,
  plugin,
  quiet,
  rawPlugin,
  released,
  service,
  subscribed,
  xLogData,
} from './contract-case.ts';

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
