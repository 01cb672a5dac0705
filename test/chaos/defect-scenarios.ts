import type { AlgoliaServer } from '../../src/local/algolia/server.ts';
import { parseLsn } from '../../src/lsn.ts';
import { abuttingCommits } from '../integration/replication/abutting-commits.ts';
import { createDeadLetterTable } from '../support/dead-letter-table.ts';
import { compareIndex, expectedAuditLog } from '../support/index-comparison.ts';
import { drained, startIndex } from '../support/line.ts';
import type { TestDatabase } from '../support/postgres.ts';
import { waitFor } from '../support/wait-for.ts';
import { insertRows } from './audit-table.ts';
import { confirmedLsn } from './commit-history.ts';
import { startOwnCluster } from './own-cluster.ts';
import type { LogLine, RunProcess } from './program-run.ts';
import { startRun } from './run-process.ts';
import { auditDatabase, type Outcome, outcome, ROWS, refused, type Scenario, walEnd } from './scenario.ts';

/** The index takes a first request and none after it; the process tries again and again, and is killed. */
export const killedWhileUnavailable: Scenario = async (program) => {
  await using database = await auditDatabase();
  await using server = await startIndex();
  await using run = await startRun({ database, server, program });
  await gatherBehindFirst(run, database, server);
  server.faults.add(refused(503, { skip: 1 }));
  const met = server.faults.met;
  await waitFor(() => server.faults.met >= met + 2, { description: 'two more refused requests' });
  await run.kill();
  return await afterRestart(database, server, program);
};

/** The same, but Postgres has heard of the process several times meanwhile. */
export const killedAfterStatusUpdates: Scenario = async (program) => {
  await using database = await auditDatabase('3s');
  await using server = await startIndex();
  server.faults.add(refused(503));
  await using run = await startRun({ database, server, program });
  await insertRows(database, ROWS);
  await waitFor(() => server.faults.met >= 1, { description: 'a refused request' });
  await statusUpdates(database, 3);
  await run.kill();
  return await afterRestart(database, server, program);
};

/** Algolia refuses every request for a right that is missing; the process must neither confirm nor drop the records. */
export const killedAfterRefusal: Scenario = async (program) => {
  await using database = await auditDatabase();
  await using server = await startIndex();
  server.faults.add(refused(403));
  await using run = await startRun({ database, server, program });
  await insertRows(database, ROWS);
  // A second attempt at the same request: whoever passes over it makes none, and confirms.
  await givenUp(
    run,
    database,
    ({ message, attempt }) => message === 'waiting until this is mended' && attempt === 2,
  );
  return await afterRestart(database, server, program);
};

/** One record is refused for itself: it must be a dead letter before it is confirmed, and no other may be one. */
export const killedAfterSettingAside: Scenario = async (program) => {
  await using database = await auditDatabase();
  await createDeadLetterTable(database);
  await using server = await startIndex();
  await using run = await startRun({ database, server, program });
  await gatherBehindFirst(run, database, server);
  server.faults.add({ kind: 'poison', objectIDs: ['50'], names: 'fields', message: 'is bad {position}' });
  await drained(database);
  await run.kill();
  return await afterRestart(database, server, program, {
    expected: `SELECT * FROM (${expectedAuditLog()}) all_rows
      WHERE object_id NOT IN (SELECT object_id FROM wal2algolia.dead_letter WHERE object_id = '50')`,
  });
};

/** The same, where the table of dead letters is missing. */
export const killedWhileLettersCannotBeWritten: Scenario = async (program) => {
  await using database = await auditDatabase();
  await using server = await startIndex();
  server.faults.add({ kind: 'poison', objectIDs: ['50'] });
  await using run = await startRun({ database, server, program });
  await insertRows(database, ROWS);
  await givenUp(run, database, ({ message }) => message === 'waiting: dead letters cannot be written');
  await createDeadLetterTable(database);
  return await afterRestart(database, server, program);
};

/**
 * Behind a first request, of one row, that is refused until then the rows of a transaction gather, its commit included: what the second
 * request holds is no accident.
 */
async function gatherBehindFirst(
  run: RunProcess,
  database: TestDatabase,
  server: AlgoliaServer,
): Promise<void> {
  server.faults.add(refused(503));
  await insertRows(database, 1);
  await waitFor(() => server.faults.met >= 1, { description: 'a refused request' });
  await insertRows(database, ROWS);
  const committed = await walEnd(database);
  await waitFor(async () => (await run.receivedLsn()) >= committed, {
    description: 'the rows to be received',
  });
  server.faults.clear();
}

/** Waits for the line that says that the process cannot get past the rows, or for them to be confirmed, and kills it. */
async function givenUp(
  run: RunProcess,
  database: TestDatabase,
  isStuck: (line: LogLine) => boolean,
): Promise<void> {
  const committed = await walEnd(database);
  await waitFor(async () => run.log.some(isStuck) || (await confirmedLsn(database)) >= committed, {
    description: 'the process to give up the rows, or to confirm them',
  });
  await run.kill();
}

/** Of two commits that lie side by side in the WAL the first is published and confirmed, the second is not when the process is killed. */
export const killedBetweenAbuttingCommits: Scenario = async (program) => {
  // Of its own: the WAL of other databases comes in between.
  await using database = await startOwnCluster();
  const { client, slot, publication } = database;
  await client.query('CREATE TABLE t (id int PRIMARY KEY)');
  await client.query(`CREATE PUBLICATION "${publication}" FOR TABLE t WITH (publish = 'insert')`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
  const { first, second } = await abuttingCommits(database);
  await using server = await startIndex();
  // One request for each row, of which all but the last pass.
  const config = { batch: { recordsMax: 1 }, tables: { 'public.t': { index: 't' } } };
  server.faults.add(refused(503, { skip: second.id - 1 }));
  await using run = await startRun({ database, server, program, config });
  await waitFor(
    async () => server.faults.met >= 1 && (await confirmedLsn(database)) >= parseLsn(first.endLsn),
    { description: 'the first commit to be confirmed, and the second to be refused' },
  );
  await run.kill();
  server.faults.clear();
  await using _restarted = await startRun({ database, server, program, config });
  await client.query('INSERT INTO t VALUES (0)');
  await waitFor(() => server.record('t', '0'), { description: 'the last row to be in the index' });
  await drained(database);
  const expected = `SELECT id::text AS object_id,
    to_jsonb(t) || jsonb_build_object('objectID', id::text, 'source_table', 'public.t') AS record FROM t`;
  return outcome(await compareIndex(client, server, 't', expected));
};

/** Algolia accepts, and loses its memory before anything takes effect. */
export const acceptedAndNeverPublished: Scenario = async (program) => {
  await using database = await auditDatabase('3s');
  await using forgetful = await startIndex({ taskDelayMs: 3_600_000 });
  await using run = await startRun({ database, server: forgetful, program });
  await insertRows(database, ROWS);
  await waitFor(() => forgetful.journal().arrived.length >= 1, { description: 'the write' });
  await statusUpdates(database, 3);
  await run.kill();
  await using server = await startIndex();
  return await afterRestart(database, server, program);
};

/** The second write is published, the first is not; then Algolia loses its memory. */
export const publishedOutOfOrder: Scenario = async (program) => {
  await using database = await auditDatabase();
  await using forgetful = await startIndex();
  forgetful.faults.add({ kind: 'late', applyAfter: 3_600_000, path: '/batch' });
  await using run = await startRun({ database, server: forgetful, program });
  for (const count of [1, 2]) {
    await insertRows(database, ROWS);
    await waitFor(() => forgetful.journal().arrived.length >= count, { description: `write ${count}` });
  }
  const asked = questions(forgetful);
  await waitFor(() => forgetful.journal().applied.length >= 1 && questions(forgetful) >= asked + 10, {
    description: 'the process to have asked about both writes',
  });
  await run.kill();
  await using server = await startIndex();
  return await afterRestart(database, server, program);
};

/** Starts the process again, with everything mended, and waits until it has nothing more to do. */
async function afterRestart(
  database: TestDatabase,
  server: AlgoliaServer,
  program: string | undefined,
  { expected = expectedAuditLog() } = {},
): Promise<Outcome> {
  server.faults.clear();
  await using _restarted = await startRun({ database, server, program });
  const { rows } = await database.client.query<{ id: string }>(
    `INSERT INTO audit_log (action) VALUES ('last.row') RETURNING id::text AS id`,
  );
  // A build that confirms too early is not done when it has confirmed.
  await waitFor(() => server.record('audit_log', rows[0]?.id ?? ''), {
    description: 'the last row to be in the index',
  });
  await drained(database);
  return outcome(await compareIndex(database.client, server, 'audit_log', expected));
}

/** Resolves when Postgres has heard of the holder of the slot so many times more. */
async function statusUpdates({ client, slot }: TestDatabase, count: number): Promise<void> {
  const replies = new Set<string>();
  await waitFor(
    async () => {
      const { rows } = await client.query<{ at: string | null }>(
        `SELECT reply_time::text AS at FROM pg_stat_replication JOIN pg_replication_slots ON active_pid = pid
         WHERE slot_name = $1`,
        [slot],
      );
      if (rows[0]?.at) replies.add(rows[0].at);
      return replies.size > count;
    },
    { description: `${count} status updates` },
  );
}

function questions({ requests }: AlgoliaServer): number {
  return Object.entries(requests).reduce(
    (sum, [route, count]) => (route.includes('/task/') ? sum + count : sum),
    0,
  );
}
