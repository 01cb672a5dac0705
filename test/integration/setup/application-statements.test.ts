import { expect, test } from 'vitest';
import { startIndex } from '../../support/line.ts';
import { createDatabase, serverMajor, type TestDatabase } from '../../support/postgres.ts';
import { applicationCases, EVERY_DAY } from './application-cases.ts';
import { setUp } from './setup-command.ts';

async function publishedKinds({ client, publication }: TestDatabase): Promise<unknown> {
  const { rows } = await client.query(
    `SELECT concat_ws(' ', CASE WHEN pubinsert THEN 'insert' END, CASE WHEN pubupdate THEN 'update' END,
       CASE WHEN pubdelete THEN 'delete' END, CASE WHEN pubtruncate THEN 'truncate' END) AS kinds
     FROM pg_publication WHERE pubname = $1`,
    [publication],
  );
  return rows[0]?.kinds;
}

test.each(Object.entries(applicationCases))(
  'after the command setup the application goes on with a table with %s',
  async (_name, { ddl, table = 'public.t', objectID = ['id'], statements = EVERY_DAY, publishes }) => {
    await using database = await createDatabase();
    await using server = await startIndex();
    const { client } = database;
    await client.query(ddl);
    const algolia = { appId: server.appId, apiKey: server.adminKey, hosts: [server.url] };
    const setupCase = { database, algolia, tables: { [table]: { index: 't', objectID: [...objectID] } } };

    const first = await setUp(setupCase);
    const kinds = publishes === 'inserts' ? 'insert' : 'insert update delete truncate';
    expect(await publishedKinds(database)).toBe(kinds);
    expect(first.notices.some((notice) => notice.startsWith(`${table}: inserts only`))).toBe(
      publishes === 'inserts',
    );
    for (const sql of statements) await client.query(sql);
    expect((await setUp(setupCase)).statements).toEqual([]);
  },
);

/** What an operator may do to a table that is followed already; setup mends it when it is run again. */
const later: Readonly<Record<string, string>> = {
  'loses its primary key': 'ALTER TABLE t DROP CONSTRAINT t_pkey',
  'loses its replica identity': 'ALTER TABLE t REPLICA IDENTITY NOTHING',
  'gets REPLICA IDENTITY FULL': 'ALTER TABLE t REPLICA IDENTITY FULL',
  'gets an identity index over a column that is not published':
    'ALTER TABLE t ADD w int NOT NULL DEFAULT 1; CREATE UNIQUE INDEX i ON t (id, w); ALTER TABLE t REPLICA IDENTITY USING INDEX i',
};

test.each(Object.entries(later))(
  'a table that %s after setup works again after the next one',
  async (name, ddl) => {
    await using database = await createDatabase();
    const { client } = database;
    await client.query('CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1), (2, 2)');
    const setupCase = { database, tables: { 'public.t': { index: 't' } } };
    await setUp(setupCase);
    await client.query(ddl);
    // Without column lists, an identity that lies outside of one harms nobody.
    const harms = serverMajor() >= 15 || name.startsWith('loses');
    const update = client.query('UPDATE t SET v = v + 1');
    if (harms) await expect(update).rejects.toThrow(/cannot update table "t"/);
    else await update;
    const again = await setUp(setupCase);
    expect(/public\.t: .*inserts only/.test(again.notices.join())).toBe(harms);
    for (const sql of ['UPDATE t SET v = v + 1', 'DELETE FROM t WHERE id = 1', 'TRUNCATE t'])
      await client.query(sql);
    expect((await setUp(setupCase)).statements).toEqual([]);
  },
);
