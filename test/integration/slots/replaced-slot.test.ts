import { describe, expect, test } from 'vitest';
import { openSession } from '../../../src/replication/session.ts';
import { compareIndex, expectEqual, expectedAuditLog } from '../../support/index-comparison.ts';
import { drained, lineConfig, released, startLine } from '../../support/line.ts';
import { withPort } from '../../support/moving-address.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startHeldStart } from './held-start.ts';
import { confirmedRows, outcomeOf, position, remakeSlot, slotCase } from './slot-case.ts';

describe('a slot that was dropped and made again under its name is a gap', () => {
  test.each([0, 1])('between two sessions, after %i rows', async (rows) => {
    await using here = await slotCase();
    const line = here.startLine();
    await waitFor(() => line.status().state === 'streaming', { description: 'the first session' });
    await confirmedRows(here.database, rows);
    const from = await here.whileAway(() => remakeSlot(here.database));
    const to = await position(here.database);
    expect(await outcomeOf(line, here)).toMatchObject({
      exitCode: 76,
      message: `the slot is not the one that it was, or was moved: the gap is from ${from} to ${to}`,
      remedy: expect.stringMatching(/Compare table and index/),
    });
  });

  test('while the start is still checking the key', async () => {
    await using here = await slotCase();
    const { database, server } = here;
    let isAsked = false;
    const clientFilter = () => (bytes: Buffer) => {
      isAsked ||= bytes.includes('/keys');
      return bytes;
    };
    await using toIndex = await startTcpProxy(server.url, { clientFilter });
    toIndex.become({ isFrozen: true });
    const from = await position(database);
    await using line = startLine(lineConfig(database, server, { algolia: { hosts: [toIndex.url] } }));
    await waitFor(() => isAsked, { description: 'the key to be asked about' });
    await remakeSlot(database);
    const to = await position(database);
    toIndex.mend();
    expect(await outcomeOf(line, here)).toMatchObject({
      exitCode: 76,
      message: expect.stringContaining(`the gap is from ${from} to ${to}`),
    });
  });

  test('in the moment in which it is asked for', async () => {
    await using here = await slotCase();
    const { database, server } = here;
    const from = await position(database);
    await using address = await startHeldStart(Number(new URL(database.url).port), () =>
      remakeSlot(database),
    );
    await using line = startLine({
      ...lineConfig(database, server),
      postgres: { url: withPort(database.url, address.port) },
    });
    expect(await outcomeOf(line, here)).toMatchObject({
      exitCode: 76,
      message: expect.stringContaining(`the gap is from ${from} to `),
    });
  });

  test('while a standby waits for it', async () => {
    await using here = await slotCase();
    const { database, server } = here;
    await using holder = startLine(lineConfig(database, server));
    await confirmedRows(database, 1);
    // From its first look on it knows that something was decoded.
    await waitFor(
      async () =>
        (
          await database.client.query(
            'SELECT FROM pg_stat_replication_slots WHERE slot_name = $1 AND total_bytes > 0',
            [database.slot],
          )
        ).rowCount,
      { description: 'the server to count what was decoded' },
    );
    const standby = here.startLine();
    await waitFor(() => standby.status().state === 'standby', { description: 'the second to stand by' });
    await holder.stop();
    await here.whileAway(() => remakeSlot(database));
    expect(await outcomeOf(standby, here)).toMatchObject({
      exitCode: 76,
      message: expect.stringContaining('the slot is not the one that it was'),
    });
  });
});

test('a slot that another loader has read on meanwhile is no gap', async () => {
  await using here = await slotCase();
  const { database, server } = here;
  const line = here.startLine();
  await confirmedRows(database, 1);
  await here.whileAway(async () => {
    await using other = startLine(lineConfig(database, server));
    await confirmedRows(database, 1);
    await other.stop();
    await released(database);
  });
  expect(await outcomeOf(line, here)).toBe('goes on');
  await drained(database);
  expectEqual(await compareIndex(database.client, server, 'audit_log', expectedAuditLog()), 3);
});

test('a slot that another loader reads on while it is being opened is no gap: a new session follows', async () => {
  await using here = await slotCase();
  const { client, url, slot, publication } = here.database;
  const opening = openSession({
    url,
    slot,
    publications: [publication],
    plugin: 'pgoutput',
    tables: ['public.audit_log'],
    own: undefined,
    beforeStart: async () => {
      await client.query(`INSERT INTO audit_log (action) VALUES ('by.the.other')`);
      await client.query(
        `SELECT FROM pg_logical_slot_get_binary_changes($1, NULL, NULL, 'proto_version', '1', 'publication_names', $2)`,
        [slot, publication],
      );
    },
  });
  await expect(opening).rejects.toMatchObject({ code: 'SESSION_LOST' });
});
