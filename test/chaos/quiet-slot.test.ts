import { expect, test } from 'vitest';
import { drained, startIndex } from '../support/line.ts';
import { type Plant, plant } from '../support/planted-program.ts';
import type { TestDatabase } from '../support/postgres.ts';
import { createAuditLog } from './audit-table.ts';
import { startOwnCluster } from './own-cluster.ts';
import { startRun } from './run-process.ts';

const ROUNDS = 6;
const ROUND_MB = 8;

async function writeElsewhere({ client }: TestDatabase): Promise<void> {
  await client.query(`INSERT INTO noise SELECT repeat('x', 1000) FROM generate_series(1, $1::int)`, [
    ROUND_MB * 1_000,
  ]);
}

/**
 * What the slot retains, in MB: WAL is counted from where decoding would start again, and that moves to what was confirmed when a
 * checkpoint, written behind it, has been confirmed as well.
 */
async function retainedMb(database: TestDatabase): Promise<number> {
  const { client, slot } = database;
  await client.query('CHECKPOINT');
  const { rows } = await client.query<{ mb: number }>(
    `SELECT (pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) / 1e6)::float8 AS mb FROM pg_replication_slots WHERE slot_name = $1`,
    [slot],
  );
  return rows[0]?.mb ?? Number.POSITIVE_INFINITY;
}

/**
 * Retained WAL after each round of a busy table that nobody publishes, beside the audit log in which nothing happens. The cluster is its
 * own, since WAL is that of all databases.
 */
async function retainedByRound(program: string | undefined): Promise<readonly number[]> {
  await using database = await startOwnCluster();
  await createAuditLog(database);
  await using server = await startIndex();
  await using run = await startRun({ database, server, program });
  await run.streaming();
  await database.client.query('CREATE TABLE noise (text text)');
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await writeElsewhere(database);
    // Where nothing is confirmed there is nothing to wait for.
    if (program === undefined) await drained(database);
    rounds.push(await retainedMb(database));
  }
  expect(server.journal().arrived).toEqual([]);
  return rounds;
}

test('retained WAL stays flat while an unpublished table is busy, not only afterwards', async () => {
  const rounds = await retainedByRound(undefined);
  // Each round is let go of in the next one at the latest, since a checkpoint is confirmed then.
  expect(Math.max(...rounds), rounds.map((mb) => mb.toFixed(1)).join()).toBeLessThan(3 * ROUND_MB);
});

const NOT_CONFIRMED: Plant = {
  file: 'records/steps.js',
  find: "into.push({ kind: 'position', lsn: this.#lsn, committedAtMicros: undefined });",
  replace: '',
};

test('planted and caught: keepalives are not confirmed', async () => {
  await using planted = await plant(NOT_CONFIRMED);
  const rounds = await retainedByRound(planted.program);
  expect(rounds.at(-1)).toBeGreaterThan((ROUNDS - 1) * ROUND_MB);
});
