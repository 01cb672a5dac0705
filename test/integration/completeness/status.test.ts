import { expect, test } from 'vitest';
import { startOwnCluster } from '../../chaos/own-cluster.ts';
import { drained, startIndex, startLine } from '../../support/line.ts';
import { connect, createDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import {
  createCase,
  createCoverage,
  readRecord,
  serverTime,
  statusConfig,
  statusOnce,
} from './status-case.ts';

const INSERT = `INSERT INTO audit_log (action) VALUES ('report.renamed')`;

test.concurrent('closes what is behind it, also while nothing comes', async () => {
  await using database = await createDatabase();
  await createCase(database);
  await using server = await startIndex();
  await using _line = startLine(statusConfig(database, server));
  await database.client.query(INSERT);
  const after = await serverTime(database);
  const status = await statusOnce(
    database,
    server,
    'closed behind the row, with nothing open',
    // A statement that runs just then is open, too.
    (each) => (each.closedThrough ?? '') > after && each.openSince === null,
  );
  expect(status).toMatchObject({
    objectID: database.slot,
    kind: 'status',
    tables: [{ table: 'public.audit_log', index: 'audit_log' }],
    openSince: null,
    blind: null,
    gaps: [],
    backfill: null,
    deadLetters: 0,
    deadLetterRecords: 0,
  });
  expect(status.tables[0]?.from ?? '').toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{6}Z$/);
  const later = await serverTime(database);
  await statusOnce(
    database,
    server,
    'closed further though nothing came',
    (each) => (each.closedThrough ?? '') > later,
  );
});

test.concurrent('an open transaction holds it, one without an xid and a prepared one too', async () => {
  // Of its own, since a new slot of another test would have to wait for it.
  await using database = await startOwnCluster({ settings: { max_prepared_transactions: '1' } });
  await createCase(database);
  await using server = await startIndex();
  await using _line = startLine(statusConfig(database, server));
  await statusOnce(database, server, 'closed at all', (each) => each.closedThrough !== null);
  const other = await connect(database.url);
  try {
    await other.query('BEGIN; SELECT 1');
    const { rows } = await other.query<{ began: string }>(
      `SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS began`,
    );
    const began = rows[0]?.began ?? '';
    await database.client.query(INSERT);
    await drained(database);
    const held = await statusOnce(
      database,
      server,
      'open since the other began',
      (each) => each.openSince === began,
    );
    expect((held.closedThrough ?? '') <= began).toBe(true);
    await other.query(`INSERT INTO audit_log (action, occurred_at) VALUES ('report.shared', now())`);
    await other.query(`PREPARE TRANSACTION '${database.slot}'`);
    const prepared = await serverTime(database);
    await database.client.query(INSERT);
    await drained(database);
    const still = await statusOnce(
      database,
      server,
      'written behind it',
      (each) => each.writtenAt > prepared,
    );
    expect((still.closedThrough ?? '') <= began).toBe(true);
    await database.client.query(`COMMIT PREPARED '${database.slot}'`);
    await statusOnce(database, server, 'closed behind it', (each) => (each.closedThrough ?? '') > prepared);
  } finally {
    await database.client.query(`ROLLBACK PREPARED '${database.slot}'`).catch(() => undefined);
    await other.end();
  }
});

test.concurrent('is never ahead of what is published, however late that is', async () => {
  await using database = await createDatabase();
  await createCase(database);
  await using server = await startIndex();
  // Events are found later than the status is written again, which is found at once.
  server.faults.add({ kind: 'late', index: 'audit_log', path: '/batch', applyAfter: 13_000, times: 1_000 });
  await using _line = startLine(statusConfig(database, server));
  await statusOnce(database, server, 'closed at all', (each) => each.closedThrough !== null);
  const { rows } = await database.client.query<{ id: string; at: string }>(
    `${INSERT} RETURNING id::text, to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at`,
  );
  const ahead: string[] = [];
  await waitFor(
    async () => {
      const closed = (await readRecord(server, database.slot))?.closedThrough ?? '';
      // Asked for after the status was read.
      const told = rows.filter(({ at }) => at < closed);
      ahead.push(...(await missing(server, told)));
      return told.length > 0;
    },
    { description: 'the status to close behind the row' },
  );
  expect(ahead).toEqual([]);
});

async function missing(
  server: { readonly url: string; readonly appId: string; readonly searchKey: string },
  commits: readonly { readonly id: string }[],
): Promise<string[]> {
  const answers = commits.map(async ({ id }) => {
    const { status } = await fetch(`${server.url}/1/indexes/audit_log/${id}`, {
      headers: { 'x-algolia-application-id': server.appId, 'x-algolia-api-key': server.searchKey },
    });
    return status === 200 ? [] : [id];
  });
  return (await Promise.all(answers)).flat();
}

test.concurrent('without its table it is not told, which holds up nothing, and goes on once the table is there', async () => {
  await using database = await createDatabase();
  await createCase(database);
  await database.client.query('DROP TABLE wal2algolia.coverage');
  await using server = await startIndex();
  await using line = startLine(statusConfig(database, server));
  await database.client.query(INSERT);
  await drained(database);
  await waitFor(() => line.status().error, { description: 'the failure in /status' });
  expect(line.status()).toMatchObject({
    state: 'streaming',
    error: { code: 'PRECONDITION', message: expect.stringContaining('wal2algolia.coverage is not there') },
  });
  expect(await readRecord(server, database.slot)).toBe(undefined);
  await createCoverage(database);
  await statusOnce(database, server, 'told', (each) => each.closedThrough !== null);
  await waitFor(() => line.status().error === undefined, { description: 'the failure to be over' });
});

test.concurrent('a role that cannot see the transactions of others closes nothing, and says why', async () => {
  await using database = await createDatabase();
  await createCase(database);
  const { client, name, url } = database;
  const role = `runner_${name}`;
  await client.query(`CREATE ROLE ${role} LOGIN REPLICATION PASSWORD 'runs'; GRANT USAGE ON SCHEMA public, wal2algolia TO ${role};
    GRANT SELECT ON audit_log TO ${role}; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA wal2algolia TO ${role}`);
  try {
    await using server = await startIndex();
    const own = new URL(url);
    own.username = role;
    own.password = 'runs';
    {
      await using _line = startLine(statusConfig({ ...database, url: own.href }, server));
      await client.query(INSERT);
      const status = await statusOnce(database, server, 'blind', (each) => each.blind !== null);
      expect(status).toMatchObject({ closedThrough: null, blind: 'pg_read_all_stats' });
      await client.query(`GRANT pg_read_all_stats TO ${role}`);
      await statusOnce(
        database,
        server,
        'closed',
        (each) => each.blind === null && each.closedThrough !== null,
      );
    }
  } finally {
    await client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  }
});
