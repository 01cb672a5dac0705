import { expect, test } from 'vitest';
import { askInWal } from '../../../src/database/refresh-asking.ts';
import { refreshRequests } from '../../../src/records/refresh-request.ts';
import { createPublishedTable, createSlot, insertRows, slotState, walEnd } from '../../bench/audit-rows.ts';
import { startIndexProcess } from '../../bench/index-process.ts';
import { plant } from '../../support/planted-program.ts';
import { createDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { type Counts, startMeteredProgram } from './metered-program.ts';

/** So much room that nothing is collected. */
const NODE_ARGUMENTS = [
  '--min-semi-space-size=512',
  '--max-semi-space-size=512',
  '--initial-old-space-size=1024',
  '--no-incremental-marking',
];

const WARM = 20_000;
const ROWS = 20_000;
const KEYS = 5_000;

/** Rows that were there before the slot, and are asked for by messages of thousands of keys: what the second half costs. */
async function refreshed(program?: string): Promise<Counts> {
  await using database = await createDatabase();
  const { client, publication, slot, url } = database;
  await createPublishedTable(client, publication, 'insert');
  await client.query(insertRows(`generate_series(1, ${WARM + ROWS})`));
  await createSlot(client, slot);
  await using index = await startIndexProcess({ reads: false, publishes: true });
  await using metered = await startMeteredProgram({
    databaseUrl: url,
    indexUrl: index.url,
    publication,
    slot,
    program,
    nodeArguments: NODE_ARGUMENTS,
  });
  const ask = async (from: number, count: number): Promise<void> => {
    const ids = Array.from({ length: count }, (_, at) => String(from + at));
    const config = { index: 'audit_log', objectID: ['id'] };
    const { messages } = refreshRequests('public.audit_log', ids, config, 512, KEYS);
    await askInWal(client, messages);
    const end = await walEnd(client);
    await waitFor(async () => (await slotState(client, slot, end)).isConfirmed, {
      description: 'the refreshes to be confirmed',
    });
  };
  await ask(1, WARM);
  const before = await metered.counts();
  await ask(WARM + 1, ROWS);
  const after = await metered.counts();
  const entries = Object.entries(after).map(([name, count]) => [name, count - before[name as keyof Counts]]);
  return { ...(Object.fromEntries(entries) as Counts), peakMemoryBytes: after.peakMemoryBytes };
}

/** Measured were 6,100 bytes, 10 statements for each reading of 5,000 keys, and full batches; one more may be cut where a message ends. */
const budget = { heapBytesPerRow: 7_500, statementsPerThousandKeys: 2.6, keysPerBatch: 4_000 };

async function costs(program?: string): Promise<typeof budget & { readonly collections: number }> {
  const { collections, heapBytes, statements, batches } = await refreshed(program);
  return {
    collections,
    heapBytesPerRow: heapBytes / ROWS,
    statementsPerThousandKeys: (statements / ROWS) * 1_000,
    keysPerBatch: ROWS / batches,
  };
}

test('rows that are read again cost no more than they may', async () => {
  const cost = await costs();
  // Of a heap that was collected, what is used says nothing.
  expect(cost.collections).toBe(0);
  expect(cost.heapBytesPerRow).toBeLessThanOrEqual(budget.heapBytesPerRow);
  expect(cost.statementsPerThousandKeys).toBeLessThanOrEqual(budget.statementsPerThousandKeys);
  expect(cost.keysPerBatch).toBeGreaterThanOrEqual(budget.keysPerBatch);
});

test('planted and over its budget: a refresh weighs the most that its row may bring', async () => {
  await using planted = await plant({
    file: 'records/operations.js',
    find: 'Math.min(step.bytesMax, REFRESH_BYTES)',
    replace: 'step.bytesMax',
  });
  const cost = await costs(planted.program);
  expect(cost.statementsPerThousandKeys).toBeGreaterThan(budget.statementsPerThousandKeys);
  expect(cost.keysPerBatch).toBeLessThan(budget.keysPerBatch);
});
