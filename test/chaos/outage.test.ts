import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { peakMemoryBytes } from '../bench/process-usage.ts';
import { drained, startIndex } from '../support/line.ts';
import { connect, createDatabase, type TestDatabase } from '../support/postgres.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { waitFor } from '../support/wait-for.ts';
import { createAuditLog, expectIndexEqualsTable, insertRows } from './audit-table.ts';
import { startRun } from './run-process.ts';

const outageSeconds = Number(process.env['WAL2ALGOLIA_TEST_OUTAGE_SECONDS'] ?? 15);
const ROWS_PER_SECOND = 1_000;
const TICK_MS = 20;
const MEMORY_BYTES_MAX = 200e6;
/** The pause before the next attempt grows to half a minute while the index is away. */
const RECOVERY_MAX_MS = 120_000 + outageSeconds * 1_000;
const TIMEOUT_MS = 3 * RECOVERY_MAX_MS;

test(
  `the index is unreachable for ${outageSeconds} s under ${ROWS_PER_SECOND} rows/s: memory stays, and so does the connection`,
  async () => {
    await using database = await createDatabase();
    await createAuditLog(database);
    await using server = await startIndex({ journal: false });
    await using toIndex = await startTcpProxy(server.url);
    const writes = (): number => server.requests['POST /1/indexes/:index/batch'] ?? 0;
    await using run = await startRun({ database, server: { ...server, url: toIndex.url } });
    await using load = await startSteadyLoad(database);
    await waitFor(() => load.rows >= 3 * ROWS_PER_SECOND, { description: 'three seconds of load' });
    await drained(database);
    const [holder, before] = [await slotHolder(database), await residentBytes(run.pid)];
    const logged = run.log.length;
    toIndex.become({ refuses: true });
    toIndex.cut();
    // A write that had passed just before has been counted by the time that the process speaks of the outage.
    await waitFor(
      () => run.log.slice(logged).some(({ message }) => message === 'request will be sent again'),
      { description: 'a request that does not reach the index' },
    );
    const [rowsBefore, writesBefore] = [load.rows, writes()];
    const residentMb: number[] = [];
    while (load.rows < rowsBefore + outageSeconds * ROWS_PER_SECOND) {
      residentMb.push(Math.round((await residentBytes(run.pid)) / 1e6));
      await pause(250);
    }
    expect(writes()).toBe(writesBefore);
    expect(await slotHolder(database)).toEqual(holder);
    const backlog = load.rows - rowsBefore;
    toIndex.mend();
    await waitFor(() => writes() > writesBefore, {
      description: 'the first write after the outage',
      timeoutMs: RECOVERY_MAX_MS,
      intervalMs: 1,
    });
    const startedAtMs = performance.now();
    await drained(database, RECOVERY_MAX_MS);
    const seconds = (performance.now() - startedAtMs) / 1_000;
    expect(await slotHolder(database)).toEqual(holder);
    await load.stop();
    await drained(database);
    await expectIndexEqualsTable(database, server, backlog);
    const peak = await peakMemoryBytes(run.pid);
    const [atStart, end, most] = [before, (residentMb.at(-1) ?? 0) * 1e6, peak].map((bytes) =>
      Math.round(bytes / 1e6),
    );
    process.stderr.write(
      `outage: ${outageSeconds} s, ${backlog} rows behind; RSS before ${atStart} MB, at the end ${end} MB, peak ${most} MB (${residentMb.filter((_, n) => n % Math.ceil(residentMb.length / 12) === 0).join(', ')}); drained in ${seconds.toFixed(2)} s, ${Math.round(backlog / seconds)} rows/s\n`,
    );
    expect(peak).toBeLessThan(MEMORY_BYTES_MAX);
  },
  TIMEOUT_MS,
);

/** The walsender that serves the slot: another one would be another connection. */
async function slotHolder({ client, slot }: TestDatabase): Promise<{ readonly pid: number }> {
  const { rows } = await client.query<{ pid: number }>(
    'SELECT active_pid AS pid FROM pg_replication_slots WHERE slot_name = $1 AND active_pid IS NOT NULL',
    [slot],
  );
  if (rows[0] === undefined) throw new Error('nobody holds the slot');
  return rows[0];
}

async function residentBytes(pid: number): Promise<number> {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'latin1'))?.[1];
  return Number(kilobytes) * 1024;
}

/** Adds rows at an even rate, and what a slow moment held up as soon as it is over. */
async function startSteadyLoad(database: TestDatabase) {
  const client = await connect(database.url);
  const load = { rows: 0, isStopped: false };
  const startedAtMs = performance.now();
  const work = (async () => {
    while (!load.isStopped) {
      const due = Math.floor(((performance.now() - startedAtMs) / 1_000) * ROWS_PER_SECOND) - load.rows;
      if (due > 0) await insertRows({ client }, due);
      load.rows += Math.max(0, due);
      await pause(TICK_MS);
    }
  })();
  work.catch(() => undefined);
  const stop = async (): Promise<void> => {
    load.isStopped = true;
    try {
      await work;
    } finally {
      await client.end();
    }
  };
  return {
    get rows() {
      return load.rows;
    },
    stop,
    [Symbol.asyncDispose]: () => stop().catch(() => undefined),
  };
}
