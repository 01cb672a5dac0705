import { expect, test } from 'vitest';
import { connect } from '../../../src/database/connection.ts';
import { EXIT } from '../../../src/errors.ts';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { setUpFilters } from './filter-setup.ts';
import { published, records, rows, TABLES } from './tenants.ts';

test('the role of run may read what the filter looks at, and so rows are read again', async () => {
  await using database = await createDatabase();
  await using server = await startIndex();
  const { client, publication } = database;
  const role = `${publication}_run`;
  await client.query(`${TABLES}; ALTER TABLE t ALTER note SET STORAGE EXTERNAL; CREATE ROLE ${role} LOGIN REPLICATION PASSWORD 'runs';
    INSERT INTO t VALUES (1, 'acme', 'x'), (2, 'internal', 'y')`);
  try {
    const { statements } = await setUpFilters(
      database,
      { t: { filter: `tenant <> 'internal'`, columns: ['id', 'note'] } },
      { runRole: role },
    );
    expect(statements).toContain(`GRANT SELECT ("id", "tenant", "note") ON "public"."t" TO "${role}"`);
    const url = new URL(database.url);
    url.username = role;
    url.password = 'runs';
    const tables = {
      'public.t': { index: 't', filter: `tenant <> 'internal'`, attributes: { id: 'id', note: 'note' } },
    };
    await using line = startLine({
      ...lineConfig(database, server, { tables }),
      postgres: { url: url.href },
    });
    const wish = JSON.stringify({ refresh: { table: 'public.t', objectIDs: ['1', '2'] } });
    await client.query(`SELECT pg_logical_emit_message(true, 'wal2algolia', $1)`, [wish]);
    await Promise.race([drained(database), line.ended]);
    const expected = records(`tenant <> 'internal'`).replace('to_jsonb(t)', `to_jsonb(t) - 'tenant'`);
    expectEqual(await compareIndex(client, server, 't', expected), 1);
  } finally {
    await client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  }
});

test('run says at its start when it may not read what the filter looks at', async () => {
  await using database = await createDatabase();
  await using server = await startIndex();
  const { client, publication } = database;
  const role = `${publication}_run`;
  await client.query(`${TABLES}; CREATE ROLE ${role} LOGIN REPLICATION PASSWORD 'runs'`);
  try {
    await setUpFilters(
      database,
      { t: { filter: `tenant <> 'internal'`, columns: ['id', 'note'] } },
      { runRole: role },
    );
    await client.query(`REVOKE SELECT (tenant) ON t FROM ${role}`);
    const url = new URL(database.url);
    url.username = role;
    url.password = 'runs';
    const tables = {
      'public.t': { index: 't', filter: `tenant <> 'internal'`, attributes: { id: 'id', note: 'note' } },
    };
    const log: string[] = [];
    await using line = startLine(
      { ...lineConfig(database, server, { tables }), postgres: { url: url.href } },
      { onLog: (text) => log.push(text) },
    );
    await client.query(rows(1));
    await Promise.race([drained(database), line.ended]);
    expect(log.join('')).toMatch(
      /public\.t: a change that does not carry its whole row .* lacks SELECT on tenant/,
    );
  } finally {
    await client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  }
});

test('whoever may not change the publication is told what to have run', async () => {
  await using database = await createDatabase();
  const { client, publication } = database;
  const role = `${publication}_other`;
  await client.query(
    `${TABLES}; CREATE ROLE ${role} LOGIN REPLICATION PASSWORD 'other'; CREATE PUBLICATION "${publication}" FOR TABLE t`,
  );
  try {
    const url = new URL(database.url);
    url.username = role;
    url.password = 'other';
    const asOther = { ...database, url: url.href };
    const error = await setUpFilters(asOther, { t: { filter: 'id > 1' } }).catch((thrown: unknown) => thrown);
    const remedy = String((error as { remedy?: string }).remedy);
    expect(remedy).toMatch(/^As the owner of database and table: BEGIN; ALTER PUBLICATION/);
    await client.query(/BEGIN; .*; COMMIT/s.exec(remedy)?.[0] ?? '');
    expect(await published(database)).toMatchObject([{ filter: '(id > 1)' }]);
  } finally {
    await client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  }
});

test('somebody who holds the table is named, and the application goes on meanwhile', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await client.query(TABLES);
  const holder = await connect(database.url, { applicationName: 'vacuum by hand' });
  try {
    await holder.query('BEGIN; LOCK TABLE public.t IN SHARE UPDATE EXCLUSIVE MODE');
    const ended = setUpFilters(database, { t: { filter: 'id > 1' } }).catch((thrown: unknown) => thrown);
    let writes = 0;
    let waiting = true;
    void ended.then(() => {
      waiting = false;
    });
    while (waiting) {
      await client.query(
        `INSERT INTO t VALUES (${++writes}, 'acme', 'x'); UPDATE t SET note = 'y' WHERE id = ${writes}`,
      );
    }
    expect(await ended).toMatchObject({
      exitCode: EXIT.configuration,
      message: expect.stringMatching(
        /looking at the tables\. It is held up by process \d+ \(.*vacuum by hand/,
      ),
    });
    expect(writes).toBeGreaterThan(10);
  } finally {
    await holder.end();
  }
});
