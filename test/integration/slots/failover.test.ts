import { describe, expect, test } from 'vitest';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { startMovingAddress, withPort } from '../../support/moving-address.ts';
import { waitFor } from '../../support/wait-for.ts';
import { failOver, gapOf, insert, lastConfirmed, makeSlot, pair, portOf } from './failover-case.ts';
import { position } from './slot-case.ts';

describe('a promoted standby', () => {
  test('without the slot: a gap from what was confirmed; while it is still in recovery it is waited for', async () => {
    await using both = await pair();
    const { primary, standby } = both;
    await using address = await startMovingAddress(portOf(primary));
    await using server = await startIndex();
    await using line = startLine({
      ...lineConfig(primary, server),
      postgres: { url: withPort(primary.url, address.port) },
    });
    await failOver({ primary, standby, address });
    const from = await lastConfirmed(line);
    const looked = await waitFor(() => line.status().error?.message.includes('standby') && line.status(), {
      description: 'the line to find a standby',
    });
    expect(looked.state).toBe('waiting');
    await standby.promote();
    expect((await gapOf(line)).message).toContain(`"chaos" does not exist; the gap is from ${from} to `);
    // Nothing was made in its place.
    expect((await standby.client.query('SELECT FROM pg_replication_slots')).rowCount).toBe(0);
  });

  test('a process that has only stood by waits for the promotion as well, and one that starts is refused', async () => {
    await using both = await pair();
    const { primary, standby } = both;
    await using address = await startMovingAddress(portOf(primary));
    await using server = await startIndex();
    const config = { ...lineConfig(primary, server), postgres: { url: withPort(primary.url, address.port) } };
    await using holder = startLine(config);
    await waitFor(() => holder.status().state === 'streaming', { description: 'the holder to stream' });
    await using second = startLine(config);
    await waitFor(() => second.status().state === 'standby', { description: 'the second to stand by' });
    await failOver({ primary, standby, address });
    for (const line of [holder, second]) {
      await waitFor(
        () => line.status().state === 'waiting' && line.status().error?.message.includes('standby'),
        {
          description: 'both to wait for the promotion',
        },
      );
    }
    await using starting = startLine(config);
    await expect(starting.ended).rejects.toMatchObject({ exitCode: 78, message: /standby/ });
    await standby.promote();
    await Promise.all([gapOf(holder), gapOf(second)]);
  });

  test('with a slot that was made there later: a gap, unless the operator lets it pass', async () => {
    await using both = await pair();
    const { primary, standby } = both;
    await using address = await startMovingAddress(portOf(primary));
    await using server = await startIndex();
    const config = lineConfig(primary, server);
    const moving = { ...config, postgres: { url: withPort(primary.url, address.port) } };
    const notices: string[] = [];
    await using line = startLine(
      { ...moving, replication: { ...config.replication, onGap: 'continue' } },
      { onLog: (text) => notices.push(text) },
    );
    await failOver({ primary, standby, address });
    const from = await lastConfirmed(line);
    // Where no slot is nothing is let pass, so the address stays closed until there is one.
    address.moveTo(1);
    await standby.promote();
    await insert(standby, 'never.sent');
    await makeSlot(standby);
    const to = await position(standby);
    address.moveTo(portOf(standby));
    await insert(standby, 'after.failover');
    await waitFor(() => line.status().records.written === 2, { description: 'the row behind the gap' });
    await drained(standby);
    const told = notices.filter((text) => text.includes('going on after a gap'));
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(`the gap is from ${from} to ${to}`);
    expect(told[0]).toMatch(/Compare table and index/);
    expect(server.record('audit_log', '2')).toBeUndefined();
  });

  test('with a slot that was made there later stops without that leave', async () => {
    await using both = await pair();
    const { primary, standby } = both;
    await using address = await startMovingAddress(portOf(primary));
    await using server = await startIndex();
    const url = withPort(primary.url, address.port);
    await using line = startLine({ ...lineConfig(primary, server), postgres: { url } });
    await failOver({ primary, standby, address });
    const from = await lastConfirmed(line);
    address.moveTo(1);
    await standby.promote();
    await insert(standby, 'never.sent');
    await makeSlot(standby);
    const to = await position(standby);
    address.moveTo(portOf(standby));
    expect((await gapOf(line)).message).toContain(`the gap is from ${from} to ${to}`);
  });

  test('that lacks what was confirmed is a gap from where it left the old timeline', async () => {
    await using both = await pair();
    const { primary, standby } = both;
    await using address = await startMovingAddress(portOf(primary));
    await using server = await startIndex();
    const url = withPort(primary.url, address.port);
    await using line = startLine({ ...lineConfig(primary, server), postgres: { url } });
    await insert(primary, 'on.both');
    await drained(primary);
    await standby.caughtUp();
    await standby.promote();
    await makeSlot(standby);
    await standby.client.query('SELECT pg_switch_wal()');
    await insert(primary, 'only.on.the.old', 20);
    await drained(primary);
    await standby.client.query('SELECT pg_switch_wal()');
    await insert(standby, 'only.on.the.new', 20);
    await waitFor(() => line.status().records.written === 21, { description: 'the rows of the old primary' });
    await primary.end('SIGINT');
    const to = await lastConfirmed(line);
    address.moveTo(portOf(standby));
    const { message } = await gapOf(line);
    expect(message).toMatch(
      /from timeline 1 to 2, which does not hold all that was confirmed: the gap is from/,
    );
    expect(message).toContain(`to ${to}`);
  });

  test('that lacks transactions that were read: rows are read again there without waiting for them', async () => {
    await using both = await pair();
    const { primary, standby } = both;
    await using address = await startMovingAddress(portOf(primary));
    await using server = await startIndex();
    const config = lineConfig(primary, server);
    const moving = { ...config, postgres: { url: withPort(primary.url, address.port) } };
    await using _line = startLine({ ...moving, replication: { ...config.replication, onGap: 'continue' } });
    await insert(primary, 'on.both');
    await drained(primary);
    await standby.caughtUp();
    await standby.promote();
    await makeSlot(standby);
    for (let row = 2; row <= 100; row++) await insert(primary, 'only.on.the.old');
    await drained(primary);
    await primary.end('SIGINT');
    address.moveTo(portOf(standby));
    await standby.client.query(
      `SELECT pg_logical_emit_message(true, 'wal2algolia', '{"refresh": {"table": "public.audit_log", "objectIDs": ["1", "2"]}}')`,
    );
    await drained(standby);
    expect(JSON.parse(server.record('audit_log', '1') ?? '')).toMatchObject({ action: 'on.both' });
    expect(server.record('audit_log', '2')).toBeUndefined();
  });
});
