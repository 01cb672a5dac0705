import { spawn } from 'node:child_process';
import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isAlive } from '../../../src/local/postgres/process-table.ts';
import { startPostgres } from '../../../src/local/postgres/start-postgres.ts';
import { accounts, isRoot } from '../../support/accounts.ts';
import { connect } from '../../support/postgres.ts';
import { copyProgram, startOwner } from '../../support/postgres-owner.ts';
import { killProcessesAt, processesAt, waitUntilNoProcessAt } from '../../support/process-search.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { waitFor } from '../../support/wait-for.ts';

let scratch: Awaited<ReturnType<typeof scratchDirectory>>;
let program: string;

beforeAll(async () => {
  scratch = await scratchDirectory();
  program = await copyProgram(join(scratch.path, 'program'));
});

afterAll(async () => {
  await killProcessesAt(scratch.path);
  await scratch[Symbol.asyncDispose]();
});

/** Has begun a cluster, as the real one does within its first moments, and comes to no end. */
const ENDLESS_INITDB = `#!/bin/sh
for option do
  case $option in --pgdata=*) echo 18 > "\${option#--pgdata=}/PG_VERSION" ;; esac
done
sleep 600
`;

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = await connect(url);
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe.each(accounts)('as $name', ({ name, account }) => {
  async function dataDirectory(purpose: string): Promise<string> {
    const parent = join(scratch.path, `${purpose}-${name}`);
    await mkdir(parent);
    if (account !== undefined) await chown(parent, account.uid, account.gid);
    return join(parent, 'data');
  }

  test('starts twice in a row on one directory, keeps its data, and leaves no process', async () => {
    const dataDir = await dataDirectory('twice');
    {
      await using owner = startOwner({ dataDir, durable: false, program, account });
      const { url } = await owner.report;
      await query(url, 'CREATE TABLE kept AS SELECT 7 AS number');
      expect(await query(url, 'SHOW wal_level')).toEqual([{ wal_level: 'logical' }]);
      await owner.stop();
      expect(await processesAt(dataDir)).toEqual([]);
    }
    await using owner = startOwner({ dataDir, durable: false, program, account });
    expect(await query((await owner.report).url, 'SELECT number FROM kept')).toEqual([{ number: 7 }]);
    await owner.stop();
  });

  test('Postgres does not outlive an owner that was killed, and starts again with what was committed', async () => {
    const dataDir = await dataDirectory('owner-killed');
    {
      await using owner = startOwner({ dataDir, durable: false, program, account });
      await query((await owner.report).url, 'CREATE TABLE kept AS SELECT 7 AS number');
      expect(await processesAt(dataDir)).not.toEqual([]);
      await owner.kill();
      await waitUntilNoProcessAt(dataDir);
    }
    await using owner = startOwner({ dataDir, durable: false, program, account });
    const { url, log } = await owner.report;
    expect(await query(url, 'SELECT number FROM kept')).toEqual([{ number: 7 }]);
    expect(log.join()).not.toMatch(/earlier run/);
    await owner.stop();
  });

  test('a Postgres left behind, with its watchdog killed too, is ended by the next start', async () => {
    const dataDir = await dataDirectory('orphan');
    let orphan: number;
    {
      await using owner = startOwner({ dataDir, durable: false, program, account });
      const { url, pid } = await owner.report;
      orphan = pid;
      await query(url, 'CREATE TABLE kept AS SELECT 7 AS number');
      const watchdog = (await processesAt(dataDir)).find((line) => line.includes('wal2algolia-watchdog'));
      process.kill(Number.parseInt(watchdog ?? '', 10), 'SIGKILL');
      await owner.kill();
    }
    expect(isAlive(orphan)).toBe(true);
    await using owner = startOwner({ dataDir, durable: false, program, account });
    const { url, log, pid } = await owner.report;
    expect(log.join()).toMatch(`ending the Postgres (process ${orphan}) that an earlier run left`);
    expect(pid).not.toBe(orphan);
    expect(await query(url, 'SELECT number FROM kept')).toEqual([{ number: 7 }]);
    await owner.stop();
  });

  test('an initdb that was cut short leaves neither a process nor half a cluster', async () => {
    const dataDir = await dataDirectory('cut-short');
    const binDir = join(scratch.path, `endless-${name}`);
    await mkdir(binDir);
    await writeFile(join(binDir, 'initdb'), ENDLESS_INITDB);
    await chmod(join(binDir, 'initdb'), 0o755);
    {
      const binaries = { binDir, name: 'endless' };
      await using owner = startOwner({ binaries, dataDir, durable: false, program, account });
      await waitFor(async () => (await processesAt(dataDir)).some((line) => line.includes('sleep 600')), {
        description: 'half a cluster to be there',
      });
      await owner.kill();
      await waitUntilNoProcessAt(dataDir);
    }
    await using owner = startOwner({ dataDir, durable: false, program, account });
    expect(await query((await owner.report).url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await owner.stop();
  });
});

test('Postgres killed: its exit is known, and it starts again with rows and slots', async () => {
  const dataDir = join(scratch.path, 'postgres-killed');
  for (const round of [1, 2]) {
    const postgres = await startPostgres({ dataDir, durable: false });
    try {
      if (round === 1) {
        await query(postgres.url, `SELECT pg_create_logical_replication_slot('kept', 'pgoutput')`);
        await query(postgres.url, 'CREATE TABLE kept (number int)');
      }
      await query(postgres.url, `INSERT INTO kept VALUES (${round})`);
      process.kill(postgres.pid, 'SIGKILL');
      expect(await postgres.exited).toEqual({ code: null, signal: 'SIGKILL' });
    } finally {
      await postgres.stop();
    }
  }
  const postgres = await startPostgres({ dataDir, durable: false });
  try {
    expect(await query(postgres.url, 'SELECT number FROM kept')).toEqual([{ number: 1 }, { number: 2 }]);
    expect(await query(postgres.url, 'SELECT slot_name FROM pg_replication_slots')).toEqual([
      { slot_name: 'kept' },
    ]);
  } finally {
    await postgres.stop();
  }
});

test('a process that got the id of a killed Postgres neither stops the start nor is stopped by it', async () => {
  const dataDir = join(scratch.path, 'id-reused');
  const first = await startPostgres({ dataDir, durable: false });
  process.kill(first.pid, 'SIGKILL');
  await first.stop();
  const file = join(dataDir, 'cluster', 'postmaster.pid');
  // As the user of Postgres: of other users' processes Postgres itself knows that they are no server of this directory.
  const other = spawn('/bin/sleep', ['600'], { ...(isRoot ? accounts[1]?.account : {}), stdio: 'ignore' });
  try {
    await writeFile(file, (await readFile(file, 'utf8')).replace(/^\d+/, String(other.pid)));
    const second = await startPostgres({ dataDir, durable: false });
    await second.stop();
    expect([other.exitCode, other.signalCode]).toEqual([null, null]);
  } finally {
    other.kill('SIGKILL');
  }
});

test('the interrupt key of a terminal does not reach Postgres before its owner has let go', async () => {
  await using owner = startOwner({ durable: false });
  const { url } = await owner.report;
  process.kill(-(owner.process.pid ?? 0), 'SIGINT');
  expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await owner.stop();
});

test('a temporary directory goes with its Postgres, and with an owner that was killed', async () => {
  const stopped = await startPostgres({ durable: false });
  await stopped.stop();
  await expect(readFile(stopped.logFile)).rejects.toThrow('ENOENT');
  await using owner = startOwner({ durable: false });
  const { dataDir } = await owner.report;
  await owner.kill();
  await waitFor(
    () =>
      readFile(join(dataDir, 'postgres.log')).then(
        () => false,
        () => true,
      ),
    { description: `${dataDir} to be removed` },
  );
  await waitUntilNoProcessAt(dataDir);
});
