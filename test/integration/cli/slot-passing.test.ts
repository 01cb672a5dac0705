import { expect, test } from 'vitest';
import { slotPassed, withSlotPassing } from '../../../src/cli/slot-passing.ts';
import { parseConfig } from '../../../src/config/load.ts';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { parseLsn } from '../../../src/lsn.ts';
import { lineConfig, released, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';

const TABLES = { 'public.t': { index: 't' } };
const STILL_MS = 500;

async function commitBehindSlot({ client, publication, slot }: TestDatabase) {
  await client.query('CREATE TABLE t (id int PRIMARY KEY)');
  await client.query(`CREATE PUBLICATION "${publication}" FOR TABLE t`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
  await client.query('INSERT INTO t VALUES (1)');
  const { rows } = await client.query<{ lsn: string }>('SELECT pg_current_wal_flush_lsn()::text AS lsn');
  return parseLsn(rows[0]?.lsn ?? '');
}

/** With a patience that is over once enough was said: how long that takes is a matter of the machine. */
function passing(
  database: TestDatabase,
  config: ConfigInput,
  isEnough: (waits: readonly string[]) => boolean = () => false,
) {
  const said: string[] = [];
  const waits = () => said.filter((text) => text.startsWith('waiting: '));
  const options = {
    client: database.client,
    config: { ...parseConfig({ ...config, shutdownMs: 100 }), logLevel: 'info' as const },
    signal: new AbortController().signal,
    logSink: { write: (text: string) => said.push(text) },
    stillMs: STILL_MS,
    get patienceMs() {
      return isEnough(waits()) ? 0 : 60_000;
    },
  };
  return { options, said, waits };
}

test('a slot that stands still because the index refuses: what it waits for is said, and the slot is let go', async () => {
  await using database = await createDatabase();
  const target = await commitBehindSlot(database);
  await using server = await startIndex();
  server.faults.add({ kind: 'refuse', status: 503, path: '/batch', times: 10_000 });
  const { options, waits } = passing(
    database,
    lineConfig(database, server, { tables: TABLES }),
    (each) => each.length >= 4 && /503/.test(each.at(-1) ?? ''),
  );
  const startedAtMs = performance.now();
  const passed = withSlotPassing(options, (each) => each.passed({ target }));
  await expect(passed).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(/has stood at .* before .*503/),
    remedy: expect.stringMatching(/wal2algolia status/),
  });
  const waitedMs = performance.now() - startedAtMs;
  expect(waits().at(-1)).toMatch(/^waiting: slot .* has stood at .* for \d+ s, before .*503/);
  // Each time twice as late as the time before.
  expect(waitedMs).toBeGreaterThan(STILL_MS * 2 ** (waits().length - 1));
  await released(database);
});

test('a slot that stands still in the hands of somebody else', async () => {
  await using database = await createDatabase();
  const target = await commitBehindSlot(database);
  await using server = await startIndex();
  server.faults.add({ kind: 'refuse', status: 503, path: '/batch', times: 10_000 });
  const config = lineConfig(database, server, { tables: TABLES });
  await using line = startLine({ ...config, shutdownMs: 100 });
  await waitFor(() => line.status().error !== undefined, {
    description: 'the pipeline to wait for the index',
  });
  const { options, said } = passing(database, config, (waits) => waits.length > 0);
  await expect(withSlotPassing(options, (each) => each.passed({ target }))).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(/who holds it \(walsender \d+\) knows why/),
  });
  // Whoever looks at a silent command is told before it gives up, and once.
  expect(said).toEqual([expect.stringMatching(/^waiting: slot .* knows why\n$/)]);
});

test('a slot whose holder goes away meanwhile is taken, and what the pipeline stops at is told', async () => {
  await using database = await createDatabase();
  const target = await commitBehindSlot(database);
  await using server = await startIndex();
  server.faults.add({ kind: 'refuse', status: 503, path: '/batch', times: 10_000 });
  const config = lineConfig(database, server, { tables: TABLES });
  await using line = startLine({ ...config, shutdownMs: 100 });
  await waitFor(() => line.status().error !== undefined, {
    description: 'the pipeline to wait for the index',
  });
  const { options, said } = passing(database, config);
  const passed = slotPassed({ ...options, target });
  passed.catch(() => undefined);
  await line.stop().catch(() => undefined);
  await waitFor(() => said.join('').includes('streaming'), { description: 'the slot to be taken' });
  server.faults.clear();
  await passed;
  expect(server.record('t', '1')).toBeDefined();
  await released(database);

  await database.client.query('INSERT INTO t VALUES (2)');
  const behind = await database.client.query<{ lsn: string }>(
    'SELECT pg_current_wal_flush_lsn()::text AS lsn',
  );
  await database.client.query(`DROP PUBLICATION "${database.publication}"`);
  const lsn = parseLsn(behind.rows[0]?.lsn ?? '');
  await expect(slotPassed({ ...options, target: lsn })).rejects.toMatchObject({
    exitCode: 78,
    message: expect.stringMatching(/publication .* does not exist/),
  });
});
