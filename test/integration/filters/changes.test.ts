import { expect, test } from 'vitest';
import { connect } from '../../../src/database/connection.ts';
import { EXIT } from '../../../src/errors.ts';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { setUpFilters } from './filter-setup.ts';

const TABLES = `CREATE TABLE t (id int, tenant text, note text, PRIMARY KEY (id, tenant));
  CREATE TABLE u (id int PRIMARY KEY, note text, secret text)`;
const rows = (from: number): string =>
  `INSERT INTO t SELECT g, CASE g % 3 WHEN 0 THEN 'internal' WHEN 1 THEN 'acme' ELSE 'other' END, 'note ' || g FROM generate_series(${from}, ${from + 8}) g`;
const records = (where: string): string =>
  `SELECT id::text AS object_id, to_jsonb(t) || jsonb_build_object('objectID', id::text, 'source_table', 'public.t') AS record FROM t WHERE ${where}`;
const configured = (filter?: string) => ({
  'public.t': { index: 't', ...(filter === undefined ? {} : { filter }) },
});

async function published({ client, publication }: TestDatabase): Promise<unknown> {
  const { rows: found } = await client.query(
    `SELECT tablename AS table, attnames::text AS columns, rowfilter AS filter FROM pg_publication_tables WHERE pubname = $1 ORDER BY 1`,
    [publication],
  );
  return found;
}

const failure = (line: { readonly ended: Promise<void> }): Promise<unknown> =>
  line.ended.then(
    () => undefined,
    (error: unknown) => error,
  );

test('a filter that changes: said beforehand, done in one transaction, nothing else is touched; the running pipeline stops, the next one has it', async () => {
  await using database = await createDatabase();
  await using server = await startIndex();
  const { client, publication } = database;
  await client.query(
    `${TABLES}; CREATE PUBLICATION "${publication}" FOR TABLE t (tenant, id), u (id, note) WHERE (id > 3)`,
  );
  await setUpFilters(database, { t: { filter: `tenant <> 'internal'` }, u: {} });
  await using line = startLine(
    lineConfig(database, server, {
      tables: { ...configured(`tenant <> 'internal'`), 'public.u': { index: 'u' } },
    }),
  );
  await client.query(rows(1));
  await Promise.race([drained(database), line.ended]);

  const next = { t: { filter: `tenant = 'acme' -- them` }, u: {} };
  const before = await published(database);
  const planned = await setUpFilters(database, next, { dryRun: true });
  expect(planned.notices.join('\n')).toMatch(
    /public\.t: its row filter changes\. A pipeline that is running stops at that with 76/,
  );
  expect(planned.statements).toEqual([
    `BEGIN; ALTER PUBLICATION "${publication}" DROP TABLE "public"."t"; ALTER PUBLICATION "${publication}" ADD TABLE "public"."t" ("id", "tenant") WHERE (tenant = 'acme' -- them\n); COMMIT`,
  ]);
  expect(await published(database)).toEqual(before);
  expect(line.status().state).toBe('streaming');

  const done = await setUpFilters(database, next);
  expect(done).toEqual({ ...planned, applied: true });
  expect(await published(database)).toEqual([
    { table: 't', columns: '{id,tenant}', filter: `(tenant = 'acme'::text)` },
    { table: 'u', columns: '{id,note}', filter: '(id > 3)' },
  ]);
  expect(await failure(line)).toMatchObject({ exitCode: EXIT.gap });
  expect((await setUpFilters(database, next)).statements).toEqual([]);

  await using again = startLine(
    lineConfig(database, server, {
      tables: { ...configured(`(tenant) = 'acme'`), 'public.u': { index: 'u' } },
    }),
  );
  await client.query(rows(21));
  await Promise.race([drained(database), again.ended]);
  const expected = records(`(id < 20 AND tenant <> 'internal') OR tenant = 'acme'`).replace(
    'to_jsonb(t)',
    `to_jsonb(t) - 'note'`,
  );
  expectEqual(await compareIndex(client, server, 't', expected), 9);
});

test.each([
  { what: 'no filter', clause: '' },
  { what: 'another filter', clause: `WHERE (tenant <> 'other')` },
])('run refuses a publication with $what, and setup mends it', async ({ clause }) => {
  await using database = await createDatabase();
  await using server = await startIndex();
  const { client, publication, slot } = database;
  const tables = configured(`tenant <> 'internal'`);
  await client.query(`${TABLES}; CREATE PUBLICATION "${publication}" FOR TABLE t ${clause}`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
  {
    await using refused = startLine(lineConfig(database, server, { tables }));
    expect(await failure(refused)).toMatchObject({
      exitCode: EXIT.configuration,
      message: expect.stringMatching(/^public\.t: publication .* with.* row filter/),
      remedy: expect.stringContaining('wal2algolia setup'),
    });
  }
  await setUpFilters(database, { t: { filter: `tenant <> 'internal'` } });
  await using line = startLine(lineConfig(database, server, { tables }));
  await client.query(rows(1));
  await Promise.race([drained(database), line.ended]);
  expectEqual(await compareIndex(client, server, 't', records(`tenant <> 'internal'`)), 6);
});

test('a filter that is taken out of the configuration stays in the publication, which is said', async () => {
  await using database = await createDatabase();
  await using server = await startIndex();
  const { client } = database;
  await client.query(TABLES);
  await setUpFilters(database, { t: { filter: `tenant = 'acme'` } });
  const { statements, notices } = await setUpFilters(database, { t: {} });
  expect(statements).toEqual([]);
  expect(notices).toContainEqual(
    expect.stringMatching(
      /^public\.t: publication .* has a row filter, which the configuration does not name.*tenant = 'acme'/,
    ),
  );
  await using line = startLine(lineConfig(database, server, { tables: configured() }));
  await client.query(rows(1));
  await Promise.race([drained(database), line.ended]);
  expectEqual(await compareIndex(client, server, 't', records(`tenant = 'acme'`)), 3);
});

test.each(['ALL TABLES', 'TABLES IN SCHEMA public', 'TABLES IN SCHEMA public, TABLE t'])(
  'a publication FOR %s has no filter for one table: refused by setup and run',
  async (objects) => {
    await using database = await createDatabase();
    await using server = await startIndex();
    const { client, publication, slot } = database;
    await client.query(`${TABLES}; DROP TABLE u; CREATE PUBLICATION "${publication}" FOR ${objects}`);
    await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
    await expect(setUpFilters(database, { t: { filter: 'id > 1' } })).rejects.toMatchObject({
      exitCode: EXIT.configuration,
      message: expect.stringMatching(/^public\.t: `filter` cannot be published by publication/),
    });
    await using refused = startLine(lineConfig(database, server, { tables: configured('id > 1') }));
    expect(await failure(refused)).toMatchObject({
      message: expect.stringContaining('without a row filter'),
    });
  },
);

test('of several publications each that sends rows needs the filter', async () => {
  await using database = await createDatabase();
  await using server = await startIndex();
  const { client, publication, slot } = database;
  const [a, b, c] = ['a', 'b', 'c'].map((end) => `${publication}_${end}`);
  await client.query(`${TABLES}; CREATE PUBLICATION "${a}" FOR TABLE t WHERE (tenant <> 'internal') WITH (publish = 'insert');
    CREATE PUBLICATION "${b}" FOR TABLE t WITH (publish = 'update'); CREATE PUBLICATION "${c}" FOR TABLE t WITH (publish = 'delete, truncate')`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
  const filter = `'internal' <> tenant`;
  const options = { publications: [a, b, c].map(String) };
  const config = lineConfig(database, server, {
    tables: configured(`tenant <> 'internal'`),
    replication: { slot, publication: options.publications },
  });
  const refused = expect.stringMatching(
    new RegExp(`^public\\.t: publication "${b}" publishes it without a row filter`),
  );
  await expect(
    setUpFilters(database, { t: { filter: `tenant <> 'internal'` } }, options),
  ).rejects.toMatchObject({
    exitCode: EXIT.configuration,
    message: refused,
  });
  {
    await using line = startLine(config);
    expect(await failure(line)).toMatchObject({ exitCode: EXIT.configuration, message: refused });
  }
  await client.query(`ALTER PUBLICATION "${b}" SET TABLE t WHERE (tenant <> 'internal')`);
  await expect(setUpFilters(database, { t: { filter } }, options)).rejects.toThrow(/with another row filter/);
  await setUpFilters(database, { t: { filter: `tenant <> 'internal'` } }, options);
  await using line = startLine(config);
  await client.query(
    `${rows(1)}; UPDATE t SET note = 'changed' WHERE id < 4; UPDATE t SET tenant = 'acme' WHERE id = 6; DELETE FROM t WHERE id > 7`,
  );
  await Promise.race([drained(database), line.ended]);
  expectEqual(await compareIndex(client, server, 't', records(`tenant <> 'internal'`)), 6);
});

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
