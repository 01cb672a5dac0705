import { randomBytes } from 'node:crypto';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { RowReader } from '../../../src/database/rows/row-reader.ts';
import { startPostgres } from '../../../src/local/postgres/start-postgres.ts';
import { commitsAreHeld } from '../../support/held-commits.ts';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { connect, type TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';

const { visibility } = RowReader.prototype;
const tables = { 'public.doc': { index: 'doc', objectID: ['id'] } };
const options = { tables, algolia: { recordBytesMax: 100_000 } };
const expected = `SELECT id::text AS object_id,
    to_jsonb(t) || jsonb_build_object('objectID', id::text, 'source_table', 'public.doc') AS record FROM doc t`;

/** A Postgres of the test's own, whose commits can be made to wait for a standby that never answers. */
async function startCluster(): Promise<TestDatabase & { holdCommits(hold: boolean): Promise<void> }> {
  const postgres = await startPostgres({ durable: false });
  const client = await connect(postgres.url);
  await client.query(`SET synchronous_commit = local`);
  const dispose = async (): Promise<void> => {
    await client.end().catch(() => undefined);
    await postgres.stop();
  };
  onTestFinished(dispose);
  await client.query(`CREATE TABLE doc (id int PRIMARY KEY, title text, body text);
    ALTER TABLE doc ALTER COLUMN body SET STORAGE EXTERNAL; CREATE PUBLICATION held FOR TABLE doc`);
  await client.query(`SELECT pg_create_logical_replication_slot('held', 'pgoutput')`);
  return {
    url: postgres.url,
    client,
    name: 'postgres',
    slot: 'held',
    publication: 'held',
    async holdCommits(hold) {
      await client.query(`ALTER SYSTEM SET synchronous_standby_names = '${hold ? 'nobody' : ''}'`);
      await client.query('SELECT pg_reload_conf()');
    },
    [Symbol.asyncDispose]: dispose,
  };
}

/** Resolves when somebody's commit is in the WAL and waits to become visible. */
async function held({ client }: TestDatabase): Promise<void> {
  await waitFor(
    async () => {
      const { rows } = await client.query(`SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep'`);
      return rows.length > 0;
    },
    { description: 'a commit to wait for the standby' },
  );
}

/** A held update that was delivered while a refresh of its row is looking; then it is let go, and all is compared. */
async function race({ ask }: { readonly ask: boolean }): Promise<void> {
  const looks = vi.spyOn(RowReader.prototype, 'visibility');
  onTestFinished(() => looks.mockRestore());
  const database = await startCluster();
  const { client } = database;
  const server = await startIndex({ recordBytesMax: 100_000 });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const config = lineConfig(database, server, options);
  let line = startLine(config);
  onTestFinished(() => line[Symbol.asyncDispose]());
  const body = randomBytes(10_000).toString('hex');
  await client.query(`INSERT INTO doc VALUES (1, 'old', $1), (2, 'other', NULL)`, [body]);
  await drained(database);
  await database.holdCommits(true);
  await commitsAreHeld(database);
  const application = await connect(database.url);
  onTestFinished(() => application.end().catch(() => undefined));
  let before = server.journal().arrived.length;
  const change = ask ? `title = 'new', body = 'small'` : `title = 'new'`;
  const update = application.query(`UPDATE doc SET ${change} WHERE id = 1`);
  update.catch(() => undefined);
  await held(database);
  if (ask) {
    // The change is written and confirmed; a process that never saw it is asked for the row.
    await drained(database);
    await line.stop();
    line = startLine(config);
    before = server.journal().arrived.length;
    await client.query(`SELECT pg_logical_emit_message(true, 'wal2algolia', '${ASKED}')`);
  }
  await waitFor(() => looks.mock.calls.length >= 3 || server.journal().arrived.length > before, {
    description: 'the refresh to look three times in vain, or to write',
  });
  await database.holdCommits(false);
  await update;
  await drained(database);
  await line.stop();
  expectEqual(await compareIndex(client, server, 'doc', expected), 2);
}

const ASKED = '{"refresh": {"table": "public.doc", "objectIDs": ["1"]}}';

describe.each([
  ['which the change itself needs', false],
  ['which somebody asks for, of a process that did not see the change', true],
])('a commit that is delivered before it is visible, and a refresh %s', (_, ask) => {
  test('never puts the old image over the new one', async () => {
    await race({ ask });
  });

  test('does so without the rule', async () => {
    const everything = {
      snapshot: { xmax: 0x7fffffff, running: new Set<number>() },
      waiting: new Set<number>(),
    };
    RowReader.prototype.visibility = async () => everything;
    onTestFinished(() => {
      RowReader.prototype.visibility = visibility;
    });
    await expect(race({ ask })).rejects.toThrow(/0 missing, 0 extra, 1 differing/);
  });
});

test('a shutdown does not wait for a held commit: it says so, and the next process loses nothing', async () => {
  const database = await startCluster();
  const { client } = database;
  const looks = vi.spyOn(RowReader.prototype, 'visibility');
  onTestFinished(() => looks.mockRestore());
  await using server = await startIndex({ recordBytesMax: 100_000 });
  const config = lineConfig(database, server, options);
  const line = startLine({ ...config, shutdownMs: 300 });
  onTestFinished(() => line[Symbol.asyncDispose]());
  await client.query(`INSERT INTO doc VALUES (1, 'old', $1)`, [randomBytes(10_000).toString('hex')]);
  await drained(database);
  await database.holdCommits(true);
  await commitsAreHeld(database);
  const application = await connect(database.url);
  onTestFinished(() => application.end().catch(() => undefined));
  const update = application.query(`UPDATE doc SET title = 'new' WHERE id = 1`);
  update.catch(() => undefined);
  await waitFor(() => looks.mock.calls.length >= 3, { description: 'a refresh that waits' });
  await expect(line.stop()).rejects.toMatchObject({ code: 'SHUTDOWN_DEADLINE', exitCode: 75 });
  await database.holdCommits(false);
  await update;
  await using again = startLine(config);
  await drained(database);
  expectEqual(await compareIndex(client, server, 'doc', expected));
  await again.stop();
});

test('a transaction of somebody else that runs on and on holds up no refresh', async () => {
  const database = await startCluster();
  const { client } = database;
  await using server = await startIndex({ recordBytesMax: 100_000 });
  await using line = startLine(lineConfig(database, server, options));
  const other = await connect(database.url);
  onTestFinished(() => other.end().catch(() => undefined));
  await other.query('BEGIN; CREATE TABLE somewhere_else (id int)');
  await client.query(`INSERT INTO doc VALUES (1, 'old', $1)`, [randomBytes(10_000).toString('hex')]);
  await client.query(`UPDATE doc SET title = 'new' WHERE id = 1`);
  await drained(database);
  expectEqual(await compareIndex(client, server, 'doc', expected));
  await line.stop();
});
