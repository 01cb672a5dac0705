import { expect, test } from 'vitest';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, serverMajor } from '../../support/postgres.ts';
import { runSetup } from './setup-command.ts';

const TABLE = 'CREATE TABLE t (id int, tenant text, note text, PRIMARY KEY (id, tenant))';
const tables = { 'public.t': { index: 't', filter: `tenant <> 'internal'` } };

test('setup gives the filter to the publication; Postgres 14 has none there, which is said before anything is made', async () => {
  await using database = await createDatabase();
  await database.client.query(TABLE);
  for (const dryRun of [true, false]) {
    const { code, stderr, statements } = await runSetup({ database, tables, dryRun });
    if (serverMajor() < 15) {
      expect({ code, stderr }).toEqual({
        code: 78,
        stderr: expect.stringMatching(
          /public\.t: `filter` needs a row filter in the publication, and Postgres 14\.\d+ has none\n.*Postgres 15 or newer/,
        ),
      });
    } else {
      expect(code).toBe(0);
      expect(statements[0]).toContain(
        `FOR TABLE "public"."t" ("id", "tenant", "note") WHERE (tenant <> 'internal') WITH`,
      );
    }
  }
  const { rows } = await database.client.query('SELECT FROM pg_publication');
  expect(rows).toHaveLength(serverMajor() < 15 ? 0 : 1);
});

test('run takes no table with a filter from a publication that has none, on any version', async () => {
  await using database = await createDatabase();
  await using server = await startIndex();
  const { client, publication, slot } = database;
  await client.query(`${TABLE}; CREATE PUBLICATION "${publication}" FOR TABLE t`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
  {
    await using line = startLine(lineConfig(database, server, { tables }));
    const reason = serverMajor() < 15 ? /needs a row filter/ : /without a row filter/;
    await expect(line.ended).rejects.toMatchObject({ exitCode: 78, message: expect.stringMatching(reason) });
  }
  await using line = startLine(lineConfig(database, server, { tables: { 'public.t': { index: 't' } } }));
  await client.query(`INSERT INTO t VALUES (1, 'internal', 'x')`);
  await Promise.race([drained(database), line.ended]);
});
