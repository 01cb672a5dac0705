import type { Fault } from '../../src/local/algolia/faults.ts';
import { compareIndex, expectedAuditLog } from '../support/index-comparison.ts';
import { drained, startIndex } from '../support/line.ts';
import type { TestDatabase } from '../support/postgres.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { waitFor } from '../support/wait-for.ts';
import { insertRows } from './audit-table.ts';
import { startRun } from './run-process.ts';
import { auditDatabase, outcome, ROWS, refused, repeatsLater, type Scenario, standsBy } from './scenario.ts';

const laterPlease = refused(429, { retryAfterSeconds: 1 } as Partial<Fault>);

/**
 * A process with a request to repeat is frozen for longer than Postgres waits, and replaced. Its sockets do not tell it, since a close does not
 * get through: only by asking can it learn that the slot is another's.
 */
export const frozenAndReplaced: Scenario = async (program) => {
  await using database = await auditDatabase('4s');
  await using server = await startIndex();
  await using proxy = await startTcpProxy(database.url, { hidesCloses: true });
  server.faults.add(laterPlease);
  await using frozen = await startRun({ database: { ...database, url: proxy.url }, server, program });
  await insertRows(database, ROWS);
  // The repetition has to be due when the process wakes up: if it had time to look around first, it would see what happened. Its timer
  // runs for certain when it has answered a question since.
  await waitFor(async () => repeatsLater(frozen) && (await frozen.readiness()) && repeatsLater(frozen), {
    description: 'a request to be repeated after a while',
    intervalMs: 1,
  });
  frozen.signal('SIGSTOP');
  await using next = await startRun({ database, server, program });
  await waitFor(
    async () => (await standsBy(next)) || next.log.some(({ message }) => message === 'streaming'),
    {
      description: 'the second process to want the slot',
    },
  );
  server.faults.clear();
  await drained(database);
  await database.client.query(`UPDATE audit_log SET outcome = 'denied' WHERE id = 1`);
  await drained(database);
  frozen.signal('SIGCONT');
  await waitFor(() => standsBy(frozen), { description: 'the first process to see that it was replaced' });
  return outcome(await compareIndex(database.client, server, 'audit_log', expectedAuditLog()));
};

const CUT_OFF_TIMEOUT_S = 8;

/** The server's side of the control connection of the only process of ours that is connected to this database. */
async function controlPid({ client }: TestDatabase): Promise<number | undefined> {
  const { rows } = await client.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'wal2algolia control'`,
  );
  return rows[0]?.pid;
}

/** Whether nothing has been asked there for so long. */
async function lastQuestionIsOlder(
  { client }: TestDatabase,
  pid: number | undefined,
  seconds: number,
): Promise<boolean> {
  const { rows } = await client.query<{ isOlder: boolean }>(
    `SELECT state_change < clock_timestamp() - make_interval(secs => $1) AS "isOlder" FROM pg_stat_activity WHERE pid = $2`,
    [seconds, pid],
  );
  return rows[0]?.isOlder ?? false;
}

/**
 * A process with a request to repeat can reach the index, and Postgres no longer, and is replaced. Nobody tells it: nothing from Postgres gets
 * through. A request that it sends after its successor began counts as extra.
 */
export const cutOffAndReplaced: Scenario = async (program) => {
  await using database = await auditDatabase(`${CUT_OFF_TIMEOUT_S}s`);
  await using server = await startIndex();
  await using toPostgres = await startTcpProxy(database.url);
  let sent = 0;
  await using toIndex = await startTcpProxy(server.url, {
    clientFilter: () => (bytes) => {
      if (bytes.includes('/batch')) sent += 1;
      return bytes;
    },
  });
  server.faults.add(laterPlease);
  await using cutOff = await startRun({
    database: { ...database, url: toPostgres.url },
    server: { ...server, url: toIndex.url },
    program,
    // Full, it does not read, and so does not mind that it hears nothing: only who asks learns that the slot is gone.
    config: { batch: { bytesMax: 50_000 }, memory: { inFlightBytesMax: 100_000 } },
  });
  await cutOff.streaming();
  const control = await controlPid(database);
  // There before it is needed: while a process starts, the other one would come to give up its session.
  await using next = await startRun({ database, server, program });
  await waitFor(() => standsBy(next), { description: 'the second process to stand by' });
  await insertRows(database, 20 * ROWS);
  await waitFor(() => repeatsLater(cutOff), { description: 'a request to be repeated', intervalMs: 1 });
  toPostgres.become({ isFrozen: true });
  // Its last proof is too old; it has not given up its session yet, and so would repeat its request if it could.
  await waitFor(() => lastQuestionIsOlder(database, control, CUT_OFF_TIMEOUT_S / 2), {
    description: 'the first process to be without proof that the slot is its own',
  });
  await database.client.query(
    'SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1',
    [database.slot],
  );
  await waitFor(() => next.log.some(({ message }) => message === 'streaming'), {
    description: 'the second process to get the slot',
  });
  const sentBefore = sent;
  server.faults.clear();
  await drained(database);
  await database.client.query(`UPDATE audit_log SET outcome = 'denied' WHERE id = 1`);
  await drained(database);
  // It repeats its request every second or so, if at all, and takes longer to see that it is alone.
  await waitFor(() => cutOff.log.some(({ message }) => message === 'session ended'), {
    description: 'the first process to give up its session',
  });
  const found = outcome(await compareIndex(database.client, server, 'audit_log', expectedAuditLog()));
  const late = Array.from({ length: sent - sentBefore }, () => 'a request of the one that was cut off');
  return { ...found, extra: [...found.extra, ...late] };
};

/**
 * Of a process's connections only the one that streams is cut off, so that the slot goes to another while the control connection lives on.
 * A request that it sends afterwards counts as extra.
 */
export const streamCutOffAndReplaced: Scenario = async (program) => {
  await using database = await auditDatabase('9s');
  await using server = await startIndex();
  let isCutOff = false;
  await using toPostgres = await startTcpProxy(database.url, {
    hidesCloses: true,
    clientFilter: () => {
      let streams = false;
      return (bytes) => {
        streams ||= bytes.includes('replication\0database');
        return isCutOff && streams ? Buffer.alloc(0) : bytes;
      };
    },
  });
  let sent = 0;
  await using toIndex = await startTcpProxy(server.url, {
    clientFilter: () => (bytes) => {
      if (bytes.includes('/batch')) sent += 1;
      return bytes;
    },
  });
  // It has requests to send all the time, row by row, for longer than this takes.
  server.faults.add({ kind: 'slow', firstByteMs: 200, times: 1_000_000, path: '/batch' });
  await using cutOff = await startRun({
    database: { ...database, url: toPostgres.url },
    server: { ...server, url: toIndex.url },
    program,
    config: { batch: { recordsMax: 1 } },
  });
  await insertRows(database, 10 * ROWS);
  await waitFor(() => sent > 5, { description: 'requests' });
  isCutOff = true;
  await using next = await startRun({ database, server, program });
  await waitFor(() => next.log.some(({ message }) => message === 'streaming'), {
    description: 'the second process to get the slot',
  });
  const sentBefore = sent;
  await waitFor(() => cutOff.log.some(({ message }) => message === 'session ended'), {
    description: 'the first process to give up its session',
  });
  const late = Array.from({ length: sent - sentBefore }, () => 'a request of the one that was cut off');
  server.faults.clear();
  await drained(database);
  const found = outcome(await compareIndex(database.client, server, 'audit_log', expectedAuditLog()));
  return { ...found, extra: [...found.extra, ...late] };
};
