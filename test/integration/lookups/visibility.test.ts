import { onTestFinished, test, vi } from 'vitest';
import { RowReader } from '../../../src/database/rows/row-reader.ts';
import { startPostgres } from '../../../src/local/postgres/start-postgres.ts';
import { commitsAreHeld } from '../../support/held-commits.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { connect, createDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { createTables, expectedLog, expectLog, lookups, tables } from './lookup-case.ts';

test.each(['log', 'log, users'])(
  'a row that comes with its user has its name, every time, where %s is published',
  async (published) => {
    await using database = await createDatabase();
    const { client } = database;
    await createTables(database, { published });
    await using server = await startIndex();
    await using line = startLine(lineConfig(database, server, { tables, lookups }));
    for (let id = 1; id <= 300; id++) {
      await client.query(`BEGIN; INSERT INTO users VALUES (${id}, 'user ${id}');
      INSERT INTO log (actor_id) VALUES ('${id}'); COMMIT`);
    }
    await Promise.race([line.ended, drained(database)]);
    await expectLog(database, server, expectedLog(), 300);
    await line.stop();
  },
);

test('a row whose transaction is in the WAL and not visible yet waits for its name', async () => {
  const looks = vi.spyOn(RowReader.prototype, 'visibility');
  onTestFinished(() => looks.mockRestore());
  const postgres = await startPostgres({ durable: false });
  onTestFinished(() => postgres.stop());
  const client = await connect(postgres.url);
  onTestFinished(() => client.end());
  await client.query('SET synchronous_commit = local');
  const database = { url: postgres.url, client, slot: 'held', publication: 'held', name: 'postgres' };
  const held = { ...database, [Symbol.asyncDispose]: () => Promise.resolve() };
  await createTables(held);
  await using server = await startIndex();
  await using line = startLine(lineConfig(held, server, { tables, lookups }));
  await client.query(`INSERT INTO log (actor_id) VALUES ('1')`);
  await drained(held);
  await client.query(`DELETE FROM log`);
  await client.query(`ALTER SYSTEM SET synchronous_standby_names = 'nobody'`);
  await client.query('SELECT pg_reload_conf()');
  await commitsAreHeld(held);
  const application = await connect(postgres.url);
  onTestFinished(() => application.end());
  looks.mockClear();
  const commit = application.query(`BEGIN; INSERT INTO users VALUES (1, 'Ann');
    INSERT INTO log (actor_id) VALUES ('1'); COMMIT`);
  await waitFor(() => looks.mock.calls.length >= 3, { description: 'a reading that waits' });
  await client.query(`ALTER SYSTEM SET synchronous_standby_names = ''`);
  await client.query('SELECT pg_reload_conf()');
  await commit;
  await Promise.race([line.ended, drained(held)]);
  await expectLog(held, server, expectedLog(), 1);
  await line.stop();
});
