import { expect, test } from 'vitest';
import { actorDigest } from '../../../src/records/erased-actors.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { commandFor } from '../cli/dead-letter-case.ts';
import { letter, openLetters, rows, setAside } from '../dead-letters/letter-case.ts';
import { ACTOR, createLog, erased, expectErased, insertRows, TABLES, traces } from './erasure-case.ts';

const record = (id: string | undefined, actor: string): string =>
  JSON.stringify({ ...(id === undefined ? {} : { objectID: id }), actor_id: actor, v: 'a' });

test('the letters of the erased go, those of others stay, and one that kept no record is settled by a retry', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await using server = await startIndex();
  await insertRows(database, 1, 30);
  {
    await using letters = await openLetters(database);
    await letters.apply(
      setAside(
        letter({ objectID: '3', record: record('3', ACTOR) }),
        letter({ objectID: '4', record: record('4', 'user-4') }),
        letter({ objectID: undefined, place: 1, reason: 'no-object-id', record: record(undefined, ACTOR) }),
        letter({ objectID: '6', reason: 'too-large', record: undefined }),
      ),
    );
  }
  await using line = startLine(lineConfig(database, server, { tables: TABLES }));
  await using command = await commandFor(database, server, { tables: TABLES });
  const done = await command.end('erase', 'actor', ACTOR, '--yes', '--json');
  expect(done.code, done.stderr).toBe(0);
  // Those of records that were written meanwhile are settled; nothing of the erased is left in any.
  expect(JSON.stringify(await rows(database))).not.toContain(ACTOR);
  const retried = await command.end('dead-letters', 'retry', '--all', '--json');
  expect(retried.code, retried.stderr).toBe(0);
  expect(retried.json).toMatchObject({ remaining: [] });
  await expectErased(database, server, 20);
  expect(line.status().records.deadLetters).toBe(0);
});

test('letters are counted in the trace, and a retry of an erased row resolves it', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await using server = await startIndex();
  server.faults.add({ kind: 'poison', text: '"v":"row 3"' });
  server.faults.add({ kind: 'poison', text: '"v":"row 4"' });
  await using _line = startLine(
    lineConfig(database, server, { tables: TABLES, algolia: { massRefusals: 'set-aside' } }),
  );
  await insertRows(database, 1, 30);
  await drained(database);
  await waitFor(async () => (await rows(database)).length === 2, { description: 'two letters' });
  await using command = await commandFor(database, server, { tables: TABLES });
  const done = await command.end('erase', 'actor', ACTOR, '--yes', '--json');
  expect(done.json).toMatchObject({ records: 9, deadLetters: 1 });
  expect((await rows(database)).map(({ object_id }) => object_id)).toEqual(['4']);
});

test('a list that is not there erases nobody; one that may not be read stops the start with the remedy', async () => {
  await using database = await createDatabase();
  await createLog(database);
  const { client, name } = database;
  await using server = await startIndex();
  const role = `reader_${name}`;
  await client.query(`CREATE ROLE ${role} LOGIN REPLICATION PASSWORD 'r'; GRANT USAGE ON SCHEMA wal2algolia TO ${role};
    GRANT SELECT ON t TO ${role}; GRANT SELECT, INSERT, UPDATE, DELETE ON wal2algolia.dead_letter TO ${role}`);
  try {
    const url = new URL(database.url);
    url.username = role;
    url.password = 'r';
    await using command = await commandFor({ ...database, url: url.href }, server, {
      tables: TABLES,
      http: { port: 0 },
    });
    const refused = await command.end('run');
    expect(refused.code, refused.stderr).toBe(78);
    expect(refused.stderr).toMatch(/erased_actor may not be read.*GRANT SELECT/s);
    await client.query('DROP TABLE wal2algolia.erased_actor');
    await insertRows(database, 1, 3);
    await using _program = command.start('run');
    await drained(database);
    expect(server.record('t', '3')).toContain(ACTOR);
    const asked = await command.end('erase', 'actor', ACTOR, '--yes');
    expect(asked.code).toBe(78);
    expect(asked.stderr).toMatch(/setup/);
  } finally {
    await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${role}'`);
    await client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  }
});

test('somebody whom another program has put on the list is erased as well; the message names nobody', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await using server = await startIndex();
  await using _line = startLine(lineConfig(database, server, { tables: TABLES }));
  await insertRows(database, 1, 30);
  await drained(database);
  // As another program of the operator's might: the message names nobody, the table says who.
  await database.client.query(`INSERT INTO wal2algolia.erased_actor (slot_name, digest) VALUES ($1, $2)`, [
    database.slot,
    actorDigest(ACTOR),
  ]);
  await database.client.query(`SELECT pg_logical_emit_message(true, 'wal2algolia', '{"erase":{}}')`);
  expect(await erased(database)).toMatchObject({ records: '10', tables: ['public.t'] });
  await expectErased(database, server, 20);
  expect(await traces(database)).toHaveLength(1);
});
