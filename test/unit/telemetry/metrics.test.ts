import { expect, it } from 'vitest';
import { parseLsn } from '../../../src/lsn.ts';
import { METRIC } from '../../../src/telemetry/metric-names.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { StatusBoard } from '../../../src/telemetry/status-board.ts';

/** The samples of a Prometheus text by name and labels. */
function samples(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [
      line.slice(0, line.lastIndexOf(' ')),
      Number(line.slice(line.lastIndexOf(' ') + 1)),
    ]),
  );
}

it('serves every metric under its name, described', async () => {
  const board = new StatusBoard('s');
  const text = await createMetrics(() => board.status()).text();
  for (const name of Object.values(METRIC)) {
    expect(name).toMatch(/^wal2algolia_[a-z_]+$/);
    expect(text).toContain(`# HELP ${name} `);
  }
  const named = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  expect(named.sort()).toEqual([...Object.values(METRIC)].sort());
});

it('reads positions, lag and state from the status when asked, and leaves out what is not known', async () => {
  const board = new StatusBoard('s');
  const metrics = createMetrics(() => board.status());
  const before = samples(await metrics.text());
  expect(before.has(METRIC.confirmedLsn)).toBe(false);
  expect(before.get(`${METRIC.state}{state="starting"}`)).toBe(1);
  const at = {
    receivedLsn: parseLsn('1/0'),
    confirmedLsn: parseLsn('0/FF'),
    serverLsn: parseLsn('1/1'),
    retainedBytes: 4096,
  };
  board.streaming(() => at);
  const after = samples(await metrics.text());
  expect(after.get(METRIC.receivedLsn)).toBe(2 ** 32);
  expect(after.get(METRIC.confirmedLsn)).toBe(255);
  expect(after.get(METRIC.lagBytes)).toBe(2 ** 32 + 1 - 255);
  expect(after.get(`${METRIC.state}{state="starting"}`)).toBe(0);
  expect(after.get(`${METRIC.state}{state="streaming"}`)).toBe(1);
});

it('counts what it is told', async () => {
  const board = new StatusBoard('s');
  const metrics = createMetrics(() => board.status());
  metrics.batchWritten({ records: 10, deleted: 4, bytes: 2_000, seconds: 0.5 });
  metrics.batchWritten({ records: 1, deleted: 0, bytes: 100, seconds: 0.1 });
  metrics.retried('503');
  metrics.retried('503');
  metrics.sessionOpened('start');
  metrics.inFlight(1_234);
  const found = samples(await metrics.text());
  expect(found.get(METRIC.recordsWritten)).toBe(7);
  expect(found.get(METRIC.recordsDeleted)).toBe(4);
  expect(found.get(`${METRIC.batchRecords}_sum`)).toBe(11);
  expect(found.get(`${METRIC.batchBytes}_sum`)).toBe(2_100);
  expect(found.get(`${METRIC.batchWriteSeconds}_count`)).toBe(2);
  expect(found.get(`${METRIC.retries}{reason="503"}`)).toBe(2);
  expect(found.get(`${METRIC.sessions}{reason="start"}`)).toBe(1);
  expect(found.get(METRIC.inFlightBytes)).toBe(1_234);
});

it('keeps several pipelines of one process apart', async () => {
  const [first, second] = ['a', 'b'].map((slot) => createMetrics(() => new StatusBoard(slot).status()));
  first?.retried('503');
  expect(await first?.text()).toContain('reason="503"');
  expect(await second?.text()).not.toContain('reason="503"');
});
