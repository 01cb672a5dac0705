import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Load, startLoad } from '../chaos/audit-log-load.ts';
import { compareIndex, expectEqual, expectedAuditLog } from '../support/index-comparison.ts';
import { drained } from '../support/line.ts';
import { waitFor } from '../support/wait-for.ts';
import { describeWithDocker } from './engine.ts';
import { hits, insertRow, Project } from './project.ts';

const seed = Number(process.env['WAL2ALGOLIA_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const KILLS = 3;

describeWithDocker('docker compose', () => {
  let project: Project;
  let upSeconds = 0;

  beforeAll(async () => {
    project = await Project.create({ PRODUCER_RATE: '100' });
    const startedAtMs = performance.now();
    await project.compose('up', '--build', '--wait');
    upSeconds = (performance.now() - startedAtMs) / 1000;
  }, 1_200_000);

  afterAll(() => project[Symbol.asyncDispose]());

  test('up --build --wait brings everything, and a row inserted with psql is found at the local Algolia', async () => {
    const word = await insertRow(project);
    const index = await project.index();
    await waitFor(() => hits(index, word), { description: 'the row to be found' });
    const running = (await project.compose('ps', '--services', '--status', 'running')).split('\n').sort();
    expect(running).toEqual(['algolia', 'pipeline', 'postgres', 'producer']);
    const readyz = await fetch(`http://${await project.address('pipeline', 8080)}/readyz`);
    expect(await readyz.json()).toEqual({ ready: true });
    const startMs = await startupMs(project);
    process.stderr.write(
      `compose: up --build --wait took ${upSeconds.toFixed(1)} s; from the pipeline's container to streaming ${startMs} ms\n`,
    );
  });

  test('the pipeline runs as the role with the least rights, which setup has given no more', async () => {
    const rights = await project.psql(
      `SELECT rolsuper, rolcreaterole, rolcreatedb, has_table_privilege(rolname, 'audit_log', 'INSERT, UPDATE, DELETE, TRUNCATE'),
              (SELECT string_agg(DISTINCT usename, ',') FROM pg_stat_replication)
       FROM pg_roles WHERE rolname = 'wal2algolia'`,
    );
    expect(rights).toBe('f|f|f|f|wal2algolia');
  });

  test(`kill and up -d in mid-stream lose and duplicate nothing (WAL2ALGOLIA_TEST_SEED=${seed})`, async () => {
    process.stderr.write(`compose: WAL2ALGOLIA_TEST_SEED=${seed}\n`);
    await project.compose('up', '-d', '--wait');
    await using database = await project.database();
    const index = await project.index();
    await using load = await startLoad(database, seed, { countsRevisions: false });
    for (let kill = 0; kill < KILLS; kill += 1) {
      await commits(load, 30);
      await grows('the index', () => hits(index, ''));
      await project.compose('kill', 'pipeline');
      expect((await project.inspect('pipeline')).State).toMatchObject({ Status: 'exited', ExitCode: 137 });
      await commits(load, 30);
      await project.compose('up', '-d');
    }
    await commits(load, 30);
    await project.compose('stop', 'producer');
    await load.stop();
    await drained(database);
    expectEqual(await compareIndex(database.client, index, 'audit_log', expectedAuditLog()), 500);
  });

  test('stop drains: every part ends by itself, and nothing confirmed is missing', async () => {
    await project.compose('up', '-d', '--wait');
    const index = await project.index();
    await grows('the index', () => hits(index, ''));
    await project.compose('stop');
    const codes = await Promise.all(
      (['producer', 'pipeline', 'algolia', 'postgres'] as const).map(
        async (service) => [service, (await project.inspect(service)).State.ExitCode] as const,
      ),
    );
    expect(Object.fromEntries(codes)).toEqual({ producer: 0, pipeline: 0, algolia: 0, postgres: 0 });
    await project.compose('up', '-d', '--wait', 'postgres', 'algolia');
    const left = await expectDrained(project);
    process.stderr.write(`compose: stop left ${left} rows for the next start\n`);
  });

  test('a pipeline that is stopped in mid-stream has written what it confirmed, and nothing else', async () => {
    await project.compose('up', '-d', '--wait');
    const index = await project.index();
    await grows('the index', () => hits(index, ''));
    await project.compose('stop', 'pipeline');
    expect((await project.inspect('pipeline')).State.ExitCode).toBe(0);
    await grows('the table', async () => Number(await project.psql('SELECT count(*) FROM audit_log')));
    await project.compose('stop', 'producer');
    expect(await expectDrained(project)).toBeGreaterThan(0);
  });
});

/** That the index lacks exactly the rows that the slot would send again; resolves with their number. */
async function expectDrained(project: Project): Promise<number> {
  expect(await project.logs('pipeline')).toMatch(/"drained"}\s*$/);
  await using database = await project.database();
  // The first byte of a message tells an insert; the producer does nothing else.
  // https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html
  const { rows } = await database.client.query<{ inserts: number }>(
    `SELECT count(*)::int AS inserts FROM pg_logical_slot_peek_binary_changes('wal2algolia', NULL, NULL,
       'proto_version', '1', 'publication_names', 'wal2algolia') WHERE get_byte(data, 0) = ascii('I')`,
  );
  const index = await project.index();
  const compared = await compareIndex(database.client, index, 'audit_log', expectedAuditLog());
  expect(compared.rows).toBeGreaterThan(0);
  expect(compared).toMatchObject({ extra: [], differing: [] });
  expect(compared.missing.length).toBe(rows[0]?.inserts);
  return compared.missing.length;
}

/** Resolves after so many more commits: the load goes on meanwhile. */
async function commits(load: Load, count: number): Promise<void> {
  const before = load.counts.committed;
  await waitFor(() => load.counts.committed >= before + count, { description: `${count} more commits` });
}

async function grows(what: string, size: () => Promise<number>): Promise<void> {
  const before = await size();
  await waitFor(async () => (await size()) > before, { description: `${what} to grow` });
}

/** Of the container's first start: from Docker's clock to the log line's, which are the same. */
async function startupMs(project: Project): Promise<number> {
  const { State } = await project.inspect('pipeline');
  const line = (await project.logs('pipeline')).split('\n').find((each) => each.includes('"streaming"'));
  const { time } = JSON.parse(line ?? '{}') as { time: string };
  return Date.parse(time) - Date.parse(State.StartedAt);
}
