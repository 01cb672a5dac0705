import { describe, expect, test } from 'vitest';
import { parseLsn } from '../../../src/lsn.ts';
import { type OwnCluster, startOwnCluster } from '../../chaos/own-cluster.ts';
import { copyCluster, type Standby, startStandby } from '../../chaos/standby.ts';
import { createAuditLog } from '../../support/audit-log.ts';
import { compareIndex, expectEqual, expectedAuditLog } from '../../support/index-comparison.ts';
import { drained, type Line, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { type MovingAddress, startMovingAddress, withPort } from '../../support/moving-address.ts';
import { serverMajor } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';

/** Failover slots exist since then. https://www.postgresql.org/docs/current/logical-replication-failover.html */
const HAS_FAILOVER_SLOTS = 17;

const portOf = (cluster: OwnCluster): number => Number(new URL(cluster.url).port);

const insert = ({ client }: Pick<OwnCluster, 'client'>, action: string, rows = 1): Promise<unknown> =>
  client.query(`INSERT INTO audit_log (action) SELECT $1 FROM generate_series(1, $2::int)`, [action, rows]);

async function confirmed({ client, slot }: OwnCluster): Promise<string> {
  const { rows } = await client.query(
    'SELECT confirmed_flush_lsn::text AS lsn FROM pg_replication_slots WHERE slot_name = $1',
    [slot],
  );
  return rows[0]?.lsn;
}

const makeSlot = ({ client, slot }: OwnCluster): Promise<unknown> =>
  client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);

type Case = { readonly primary: OwnCluster; readonly standby: Standby; readonly address: MovingAddress };

async function reload({ client }: OwnCluster, setting: string): Promise<void> {
  await client.query(`ALTER SYSTEM SET ${setting}`);
  await client.query('SELECT pg_reload_conf()');
}

/** A primary with a slot that has been read to its end, and a standby that has all of that, without the slot. */
async function pair(): Promise<Omit<Case, 'address'> & AsyncDisposable> {
  const primary = await startOwnCluster();
  try {
    await createAuditLog(primary);
    const standby = await startStandby(primary);
    return {
      primary,
      standby,
      [Symbol.asyncDispose]: async () => {
        await standby[Symbol.asyncDispose]();
        await primary[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await primary[Symbol.asyncDispose]();
    throw error;
  }
}

/** The line has written and confirmed a row; then the primary ends, and its address leads to the standby. */
async function failOver({ primary, standby, address }: Case): Promise<string> {
  await insert(primary, 'before.failover');
  await drained(primary);
  const from = await confirmed(primary);
  await standby.caughtUp();
  await primary.end('SIGINT');
  address.moveTo(portOf(standby));
  return from;
}

async function gapOf(line: Line): Promise<{ exitCode: number; message: string; remedy: string }> {
  const outcome = await line.ended.then(
    () => 'ended',
    (error: unknown) => error,
  );
  expect(outcome).toMatchObject({ code: 'GAP', exitCode: 76, remedy: expect.stringMatching(/ompare/) });
  return outcome as Awaited<ReturnType<typeof gapOf>>;
}

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
    const from = await failOver({ primary, standby, address });
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
    const from = await failOver({ primary, standby, address });
    await waitFor(() => line.status().state === 'waiting', { description: 'the line to wait' });
    // Where no slot is nothing is let pass, so the address stays closed until there is one.
    address.moveTo(1);
    await standby.promote();
    await insert(standby, 'never.sent');
    await makeSlot(standby);
    const to = await confirmed(standby);
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
    const from = await failOver({ primary, standby, address });
    address.moveTo(1);
    await standby.promote();
    await insert(standby, 'never.sent');
    await makeSlot(standby);
    const to = await confirmed(standby);
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
    const to = await confirmed(primary);
    await primary.end('SIGINT');
    address.moveTo(portOf(standby));
    const { message } = await gapOf(line);
    expect(message).toMatch(
      /from timeline 1 to 2, which does not hold all that was confirmed: the gap is from/,
    );
    expect(message).toContain(`to ${to}`);
  });
});

test('a server restored from an older copy is a gap between its end and what was confirmed', async () => {
  await using primary = await startOwnCluster();
  await createAuditLog(primary);
  await primary.end('SIGINT');
  await using restored = await startOwnCluster({ prepare: (dataDir) => copyCluster(primary, dataDir) });
  await primary.start();
  await using address = await startMovingAddress(portOf(primary));
  await using server = await startIndex();
  const url = withPort(primary.url, address.port);
  await using line = startLine({ ...lineConfig(primary, server), postgres: { url } });
  await insert(primary, 'before.restore', 1_000);
  await drained(primary);
  const to = await confirmed(primary);
  await primary.end('SIGINT');
  address.moveTo(portOf(restored));
  const { message } = await gapOf(line);
  expect(message).toMatch(/WAL of this server ends before the position that was confirmed: the gap is from/);
  expect(message).toContain(`to ${to}`);
});

test('another system under the same address is a gap', async () => {
  await using first = await startOwnCluster();
  await using second = await startOwnCluster();
  for (const cluster of [first, second]) await createAuditLog(cluster);
  await second.client.query(`ALTER ROLE postgres PASSWORD '${new URL(first.url).password}'`);
  await using address = await startMovingAddress(portOf(first));
  await using server = await startIndex();
  const url = withPort(first.url, address.port);
  await using line = startLine({ ...lineConfig(first, server), postgres: { url } });
  await insert(first, 'first.system');
  await drained(first);
  const from = await confirmed(first);
  address.moveTo(portOf(second));
  expect((await gapOf(line)).message).toMatch(new RegExp(`another system .*the gap is from ${from} to `));
});

test('a failover slot goes on after the promotion, with nothing lost and nothing stale', async (context) => {
  if (serverMajor() < HAS_FAILOVER_SLOTS) {
    context.skip(`Postgres ${serverMajor()} has no failover slots`);
  }
  await using primary = await startOwnCluster();
  await createAuditLog(primary);
  await primary.client.query(
    `SELECT pg_drop_replication_slot('chaos'), pg_create_physical_replication_slot('standby', true)`,
  );
  await primary.client.query(
    `SELECT pg_create_logical_replication_slot('chaos', 'pgoutput', failover => true)`,
  );
  await using standby = await startStandby(primary, {
    primary_slot_name: 'standby',
    hot_standby_feedback: 'on',
  });
  // What the pipeline is sent has reached the standby before.
  await reload(primary, `synchronized_standby_slots = 'standby'`);
  await using address = await startMovingAddress(portOf(primary));
  await using server = await startIndex();
  const url = withPort(primary.url, address.port);
  await using line = startLine({ ...lineConfig(primary, server), postgres: { url } });
  await insert(primary, 'before.failover', 100);
  await drained(primary);
  // Only now: a worker that finds nothing to do looks less and less often.
  await reload(standby, `sync_replication_slots = on`);
  await waitFor(
    async () => {
      // A synchronized slot begins where the primary's has come to, and that moves on at a checkpoint.
      await primary.client.query('CHECKPOINT');
      await insert(primary, 'moves.on');
      const { rowCount } = await standby.client.query(
        `SELECT FROM pg_replication_slots WHERE slot_name = 'chaos' AND synced AND NOT temporary`,
      );
      return rowCount;
    },
    { description: 'the slot to be synchronized', intervalMs: 250 },
  );
  // The slot on the standby stays behind, and what was confirmed meanwhile is sent again.
  await reload(standby, `sync_replication_slots = off`);
  await insert(primary, 'while.behind', 1_000);
  await primary.client.query(`UPDATE audit_log SET outcome = 'denied' WHERE id % 3 = 0`);
  const from = await failOver({ primary, standby, address });
  expect(parseLsn(await confirmed(standby))).toBeLessThan(parseLsn(from));
  await standby.promote();
  await insert(standby, 'after.failover', 100);
  await Promise.race([drained(standby), line.ended]);
  expectEqual(await compareIndex(standby.client, server, 'audit_log', expectedAuditLog()), 1_201);
  await line.stop();
});
