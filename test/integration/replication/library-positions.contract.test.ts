import { describe, expect, test } from 'vitest';
import { parseLsn } from '../../../src/lsn.ts';
import { waitFor } from '../../support/wait-for.ts';
import { abuttingCommits } from './abutting-commits.ts';
import { client, confirmed, database, ids, quiet, released, service, subscribed } from './contract-case.ts';

describe('positions', () => {
  test('H1: acknowledge adds one, and a transaction whose commit abuts the confirmed one is never sent again', async () => {
    const commits = await abuttingCommits(database);
    const first = service(quiet);
    await ids(first, commits.second.id);
    await first.acknowledge(commits.first.endLsn);
    await waitFor(async () => (await confirmed()) !== commits.before, { description: 'the confirmation' });
    await first.stop();
    await released();
    await client.query('INSERT INTO t VALUES (1000000)');
    expect(await ids(service(quiet), 1_000_000)).toEqual([1_000_000]);
  });

  test('H2: its timer confirms what was only received', async () => {
    await client.query('INSERT INTO t VALUES (1)');
    const { rows } = await client.query('SELECT pg_current_wal_flush_lsn()::text AS lsn');
    const made = service({ acknowledge: { auto: false, timeoutSeconds: 1 } });
    await ids(made, 1);
    // It may have confirmed what came before the row first.
    const behind = parseLsn(rows[0].lsn);
    await waitFor(async () => parseLsn(await confirmed()) >= behind, { description: 'the timer to confirm' });
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
