import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from 'pg';
import { expect, test } from 'vitest';
import type { AlgoliaServer } from '../../../src/local/algolia/server.ts';
import { CHECKSUM_PRIME, createAuditLog, insertRows, slotState, walEnd } from '../../bench/audit-rows.ts';
import { startIndexProcess } from '../../bench/index-process.ts';
import { startPipelineProcess } from '../../bench/pipeline-process.ts';
import { peakMemoryBytes } from '../../bench/process-usage.ts';
import { startOwnCluster } from '../../chaos/own-cluster.ts';
import { compareIndex, expectEqual, expectedAuditLog } from '../../support/index-comparison.ts';
import { drained, released, startIndex } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { waitFor } from '../../support/wait-for.ts';

const PEAK_MEMORY_MAX = 200e6;
const TIMEOUT_MS = 600_000;

async function checksum(client: Client): Promise<number> {
  const { rows } = await client.query<{ sum: string }>(
    `SELECT sum(id * (after->>'n')::bigint % ${CHECKSUM_PRIME}) FROM audit_log`,
  );
  return Number(rows[0]?.sum);
}

test(
  'a transaction of a million rows passes whole, in bounded memory, and is confirmed once all of it is published',
  async () => {
    const rows = 1_000_000;
    // In the one of all tests, every slot that is made meanwhile would wait for this transaction.
    await using database = await startOwnCluster();
    const { client, slot, publication, url: databaseUrl } = database;
    await createAuditLog(client, publication, slot);
    await client.query(insertRows(`generate_series(1, ${rows})`));
    const end = await walEnd(client);
    await using index = await startIndexProcess({ reads: true, publishes: false });
    await using pipeline = startPipelineProcess({ databaseUrl, indexUrl: index.url, slot, publication });

    const facts = await waitFor(
      async () => {
        const found = await index.facts();
        return found.distinctIds >= rows && found;
      },
      { description: 'all of the transaction to be in the index', timeoutMs: TIMEOUT_MS, intervalMs: 100 },
    );
    // No task is published yet, so nothing may be confirmed.
    expect(await slotState(client, slot, end)).toMatchObject({ isConfirmed: false });
    expect(facts).toMatchObject({ records: rows, distinctIds: rows, checksum: await checksum(client) });
    expect(facts.largestRequest).toBeLessThanOrEqual(5_000);

    index.publish();
    await drained(database);
    const peak = await peakMemoryBytes(pipeline.pid);
    process.stderr.write(
      `${rows} rows in one transaction: peak RSS ${Math.round(peak / 1e6)} MB, ${facts.requests} requests of up to ` +
        `${facts.largestRequest} records\n`,
    );
    expect(await index.facts()).toMatchObject({ records: rows });
    expect(await pipeline.stop()).toBe(0);
    expect(peak).toBeLessThanOrEqual(PEAK_MEMORY_MAX);
  },
  TIMEOUT_MS,
);

test('batch limits that fall inside a transaction, and kill -9 between them: it is sent again, whole', async () => {
  const rows = 5_000;
  const answered = 100;
  const recordsMax = 7;
  const bytesMax = 8_000;
  await using directory = await scratchDirectory();
  const configFile = join(directory.path, 'config.json');
  await writeFile(configFile, JSON.stringify({ batch: { recordsMax, bytesMax } }));
  await using database = await createDatabase();
  const { client, slot, publication } = database;
  await createAuditLog(client, publication, slot);
  // Small rows let a batch run into its number of records, large ones into its bytes.
  const metadata = `jsonb_build_object('note', repeat('x', (id % 50 * 40)::int))`;
  await client.query(insertRows(`generate_series(1, ${rows})`, metadata));
  const end = await walEnd(client);
  await using index = await startIndex({ taskDelayMs: 1 });
  index.faults.add({ kind: 'slow', firstByteMs: TIMEOUT_MS, path: '/batch', skip: answered });
  const options = { databaseUrl: database.url, indexUrl: index.url, slot, publication, configFile };

  await using killed = startPipelineProcess(options);
  await waitFor(() => index.faults.met === 1, { description: `the request behind ${answered} to be stuck` });
  await killed.kill();
  await released(database);
  const before = index.journal().arrived;
  expect(before).toHaveLength(answered + 1);
  expect(await slotState(client, slot, end)).toMatchObject({ isConfirmed: false });

  await using second = startPipelineProcess(options);
  await drained(database);
  const batches = index.journal().arrived.map(operationSizes);
  const sentAgain = batches.slice(answered + 1);
  expect(sentAgain.flat()).toHaveLength(rows);
  expect(Math.max(...batches.map(({ length }) => length))).toBe(recordsMax);
  expect(Math.max(...batches.map(sum))).toBeLessThanOrEqual(bytesMax);
  // Some were closed by their bytes: with the next record they would have had too many.
  const closedByBytes = sentAgain.filter((sizes, at) => {
    const next = sentAgain[at + 1]?.[0] ?? 0;
    return sizes.length < recordsMax && sum(sizes) + next > bytesMax;
  });
  expect(closedByBytes.length).toBeGreaterThan(0);
  expectEqual(await compareIndex(client, index, 'audit_log', expectedAuditLog()), rows);
  expect(await second.stop()).toBe(0);
});

type Journal = ReturnType<AlgoliaServer['journal']>;

/** Bytes of a request's operations, each around the record that it carries. */
function operationSizes({ operations }: Journal['arrived'][number]): readonly number[] {
  const wrapping = '{"action":"updateObject","body":}'.length;
  return operations.map((operation) => ('record' in operation ? wrapping + operation.record.length : 0));
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0);
}
