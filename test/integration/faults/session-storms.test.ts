import { test } from 'vitest';
import { createAuditLog } from '../../support/audit-log.ts';
import { compareIndex, expectEqual, expectedAuditLog } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { connect, createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { waitFor } from '../../support/wait-for.ts';

const TRANSACTIONS = 10_000;

/** One-row transactions that insert, update and delete; resolves with how many it has committed when all are. */
async function load(database: TestDatabase, transactions = TRANSACTIONS): Promise<() => Promise<void>> {
  const writer = await connect(database.url);
  const work = (async () => {
    for (let number = 1; number <= transactions; number += 200) {
      await writer.query(`DO $$ BEGIN FOR i IN ${number}..${number + 199} LOOP
        INSERT INTO audit_log (action, target_id) VALUES ('item.made', i::text); COMMIT;
        IF i % 3 = 0 THEN UPDATE audit_log SET target_id = 'changed ' || i WHERE target_id = (i - 1)::text; COMMIT; END IF;
        IF i % 7 = 0 THEN DELETE FROM audit_log WHERE target_id = (i - 2)::text; COMMIT; END IF;
      END LOOP; END $$`);
    }
  })();
  return async () => {
    await work;
    await writer.end();
  };
}

async function terminate(database: TestDatabase, applicationName: string): Promise<void> {
  await waitFor(
    async () => {
      const { rows } = await database.client.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()`,
        [applicationName],
      );
      return rows.length > 0;
    },
    { description: `a ${applicationName} to end` },
  );
}

/** The walsender's, the control connection, and one for reading rows again if that was needed. */
async function openConnections({ client }: TestDatabase): Promise<string> {
  const { rows } = await client.query(
    `SELECT application_name AS name FROM pg_stat_activity
     WHERE datname = current_database() AND application_name LIKE 'wal2algolia%' ORDER BY 1`,
  );
  return rows.map(({ name }) => name).join();
}

const isOneSession = (names: string): boolean =>
  /^wal2algolia,wal2algolia control(,wal2algolia refresh)?$/.test(names);

test.each(['wal2algolia', 'wal2algolia control'])('"%s" ended 20 times under load', async (name) => {
  await using database = await createDatabase();
  await createAuditLog(database);
  await database.client.query('CREATE INDEX ON audit_log (target_id)');
  await using server = await startIndex({ journal: false, taskDelayMs: 5 });
  await using line = startLine(lineConfig(database, server));
  const loaded = await load(database);
  for (let time = 0; time < 20; time++) {
    await waitFor(() => line.status().state === 'streaming', { description: 'a session' });
    await terminate(database, name);
  }
  await loaded();
  await drained(database);
  expectEqual(await compareIndex(database.client, server, 'audit_log', expectedAuditLog()), 1_000);
  await waitFor(async () => isOneSession(await openConnections(database)), {
    description: 'the connections of one session',
  });
  await line.stop();
});

test('connections cut 30 times while Algolia refuses, resets, loses and slows', async () => {
  await using database = await createDatabase();
  await createAuditLog(database);
  await database.client.query('CREATE INDEX ON audit_log (target_id)');
  await using server = await startIndex({ journal: false, taskDelayMs: 5 });
  await using proxy = await startTcpProxy(database.url);
  await using line = startLine({ ...lineConfig(database, server), postgres: { url: proxy.url } });
  const loaded = await load(database);
  for (let time = 0; time < 30; time++) {
    server.faults.add(
      { kind: 'refuse', status: 429, times: 2 },
      { kind: 'refuse', status: 500, times: 1 },
      { kind: 'reset', when: 'before' },
      { kind: 'reset', when: 'after' },
      { kind: 'slow', firstByteMs: 100 },
      { kind: 'lost', closeAfterMs: 100 },
      { kind: 'refuse', status: 503 },
    );
    await waitFor(() => line.status().state === 'streaming' || line.status().state === 'waiting', {
      description: 'a session',
    });
    const met = server.faults.met;
    const confirmed = line.confirmed.length;
    // On a fast machine the load is over before the storm, and without a write nothing meets a fault.
    await database.client.query(`INSERT INTO audit_log (action) VALUES ('item.made')`);
    await waitFor(() => server.faults.met > met + (time % 4), { description: 'a fault' });
    server.faults.clear();
    // Something must get through, or the backoff between sessions would grow.
    if (time % 2 === 0) await waitFor(() => line.confirmed.length > confirmed, { description: 'a batch' });
    proxy.cut();
  }
  await loaded();
  // What was written again behind a lost answer is confirmed only when no late copy can come any more, which takes half a minute.
  await drained(database, 120_000);
  expectEqual(await compareIndex(database.client, server, 'audit_log', expectedAuditLog()), 1_000);
  await waitFor(async () => isOneSession(await openConnections(database)), {
    description: 'the connections of one session',
  });
  await line.stop();
});
