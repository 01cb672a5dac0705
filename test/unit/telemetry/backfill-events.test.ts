import { expect, test } from 'vitest';
import { backfillEvents } from '../../../src/telemetry/backfill-events.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { METRIC } from '../../../src/telemetry/metric-names.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { StatusBoard } from '../../../src/telemetry/status-board.ts';

test('how far a table has come is in the status and the metrics, as long as it is being loaded here', async () => {
  const board = new StatusBoard('s');
  const metrics = createMetrics(() => board.status());
  const events = backfillEvents(createLogger({ level: 'silent' }), board);
  const gauges = async (): Promise<string[]> =>
    (await metrics.text())
      .split('\n')
      .filter(
        (line) => line.startsWith(METRIC.backfillRows) || line.startsWith(METRIC.backfillRowsEstimated),
      );
  expect(await gauges()).toEqual([]);
  const progress = { table: 'public.t', rows: 7, rowsEstimated: 9, isResumed: false };
  events.onBackfill(progress);
  expect(board.status().backfill).toEqual({ table: 'public.t', rows: 7, rowsEstimated: 9 });
  expect(await gauges()).toEqual([`${METRIC.backfillRows} 7`, `${METRIC.backfillRowsEstimated} 9`]);
  // Another process has the slot, and goes on with it.
  board.notStreaming('standby');
  expect(board.status()).not.toHaveProperty('backfill');
  expect(await gauges()).toEqual([]);
  events.onBackfill(progress);
  events.onBackfill(undefined);
  expect(await gauges()).toEqual([]);
});
