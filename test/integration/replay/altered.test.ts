import { expect, test } from 'vitest';
import { drained } from '../../support/line.ts';
import { serverMajor } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { replayCase } from './replay-case.ts';

/** Since then a publication that was not there yet is warned of in the log of the server, and nothing is sent. */
const SKIPS_MISSING = 18;

test('a publication that is younger than the bookmark: nothing of before is there, and that is said', async () => {
  await using it = await replayCase();
  const { database, sql } = it;
  const line = it.startLine();
  await it.bookmark();
  await sql(`INSERT INTO t VALUES (1, 'a', 'x')`);
  await drained(database);
  await line.stop();
  const younger = `${database.publication}_younger`;
  await sql(`CREATE PUBLICATION "${younger}" FOR TABLE t`);
  for (const args of [[], ['--into', 'other']]) {
    const replayed = await it.replay('--publication', younger, '--json', ...args);
    if (serverMajor() < SKIPS_MISSING) {
      expect(replayed.code).toBe(76);
      expect(replayed.stderr).toMatch(
        /from bookmark "b": .*\n.*publication that is younger than the bookmark/,
      );
      expect(replayed.stderr).not.toMatch(/recover|drop the slot/);
    } else {
      expect(replayed.code, replayed.stderr).toBe(0);
      expect(replayed.json).toMatchObject({
        notices: [
          expect.stringMatching(`^publication "${younger}" was made or altered since the bookmark: `),
          expect.stringMatching(
            `^public.t in publication "${younger}" was made or altered since the bookmark: `,
          ),
        ],
      });
    }
  }
  const told = await it.replay();
  expect(told.stdout).not.toContain('note:');
});

test('a table that came into the publication after the bookmark: what changed in it since then, and a note', async () => {
  const tables = {
    'public.t': { index: 't', objectID: ['id'], objectIDPrefix: 't-' },
    'public.u': { index: 't', objectID: ['id'], objectIDPrefix: 'u-' },
  };
  await using it = await replayCase({
    tables,
    ddl: 'CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE u (id int PRIMARY KEY, v text)',
  });
  const { database, sql } = it;
  await sql(`ALTER PUBLICATION "${database.publication}" DROP TABLE u`);
  const [slot] = await sql('SELECT pg_drop_replication_slot($1)', [database.slot]);
  expect(slot).toBeDefined();
  await sql(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [database.slot]);
  expect((await it.command.end('bookmark', 'create', 'b')).code).toBe(0);
  await sql(`INSERT INTO u VALUES (1, 'not published')`);
  await sql(`ALTER PUBLICATION "${database.publication}" ADD TABLE u`);
  await sql(`INSERT INTO u VALUES (2, 'published')`);
  await sql(`INSERT INTO t VALUES (1, 'always')`);
  const replayed = await it.replay('--into', 'other');
  expect(replayed.code, replayed.stderr).toBe(0);
  expect(await it.records('other')).toEqual({
    't-1': { id: 1, v: 'always' },
    'u-2': { id: 2, v: 'published' },
  });
  expect(replayed.stdout.match(/^note: .*$/gm)).toEqual([
    expect.stringMatching(
      /^note: public\.u in publication .* was made or altered since the bookmark: a change is replayed only/,
    ),
  ]);
});

test('a bookmark that is dropped while it is replayed, and the connection lost behind that: said, and what to do', async () => {
  await using it = await replayCase();
  it.startLine();
  await it.bookmark();
  await it.sql(`INSERT INTO t VALUES (1, 'a', 'x')`);
  await drained(it.database);
  it.server.faults.add({ kind: 'refuse', status: 503, path: '/1/indexes/other/batch', times: 10_000 });
  await using program = it.command.start('replay', '--from', 'b', '--into', 'other');
  await waitFor(() => it.server.faults.met > 0, { description: 'the replay to be in the middle' });
  expect((await it.command.end('bookmark', 'drop', 'b')).code).toBe(0);
  await it.sql(
    `SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE temporary AND database = current_database()`,
  );
  expect((await program.ended).code).toBe(76);
  expect(program.stderr()).toMatch(
    /error: replaying from bookmark "b": .*\n {2}remedy: The slot of the pipeline has nothing/,
  );
});
