import { expect, test } from 'vitest';
import { createRandom } from '../../src/local/producer/random.ts';
import { startLocalIndex } from '../bench/local-index-process.ts';
import { drained } from '../support/line.ts';
import { createOwnTables } from '../support/own-tables.ts';
import { createDatabase } from '../support/postgres.ts';
import { startLoad } from './audit-log-load.ts';
import { expectIndexEqualsTable } from './audit-table.ts';
import { strikeAll } from './backfill/kills.ts';
import { createPast } from './backfill/past-rows.ts';
import { startProbes } from './backfill/probes.ts';
import { Progress } from './backfill/progress.ts';
import { report } from './backfill/report.ts';
import { Stage } from './backfill/stage.ts';

const seed = Number(process.env['WAL2ALGOLIA_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const rows = Number(process.env['WAL2ALGOLIA_TEST_BACKFILL_ROWS'] ?? 30_000);
const rowsPerSecond = Number(process.env['WAL2ALGOLIA_TEST_BACKFILL_CHANGES'] ?? 500);
/** Of few rows many small batches, so that there is a way on which to kill; the default of many. */
const recordsMax = Math.min(5_000, Math.ceil(rows / 60));
/** A busy machine has its time. */
const SETTLE_MAX_MS = 300_000 + rows;
const TIMEOUT_MS = 600_000 + 10 * rows;

test(
  `${rows} rows of the past beside ${rowsPerSecond} changed rows/s, killed five times: the index equals the table (WAL2ALGOLIA_TEST_SEED=${seed})`,
  async () => {
    process.stderr.write(`backfill: WAL2ALGOLIA_TEST_SEED=${seed}\n`);
    await using database = await createDatabase();
    await createOwnTables(database);
    await createPast(database, rows);
    await using server = await startLocalIndex({ taskDelayMs: 30 });
    await using stage = new Stage({ database, server, config: { batch: { recordsMax } } });
    await stage.startRun();
    await stage.run.streaming();
    await using load = await startLoad(database, seed, { rowsPerSecond, idMax: rows, toastChance: 0.05 });
    await using probing = await startProbes(database, server);
    const startedAtMs = performance.now();
    stage.startBackfill();
    const strikes = await strikeAll(stage, new Progress(server, rows), createRandom(seed));
    expect(await stage.command.ended, stage.command.stderr()).toEqual({ code: 0, signal: null });
    const seconds = (performance.now() - startedAtMs) / 1_000;
    const changed = { ...load.counts };
    await stage.held();
    await load.stop();
    const probes = await probing.stop();
    await drained(database, SETTLE_MAX_MS);
    await expectIndexEqualsTable(database, server, rows / 2);
    const verify = await stage.verify();
    stage.run.signal('SIGTERM');
    expect(await stage.run.ended).toEqual({ code: 0, signal: null });
    process.stderr.write(report({ rows, seconds, probes, load: changed, strikes, verify }, stage));
  },
  TIMEOUT_MS,
);
