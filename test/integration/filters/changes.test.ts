import { expect, test } from 'vitest';
import { EXIT } from '../../../src/errors.ts';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { setUpFilters } from './filter-setup.ts';
import { configured, failure, published, records, rows, TABLES } from './tenants.ts';

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
