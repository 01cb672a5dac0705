import { describe, expect, test } from 'vitest';
import { PreconditionError } from '../../../src/errors.ts';
import type { Relation } from '../../../src/replication/messages.ts';
import type { Session } from '../../../src/replication/session.ts';
import { released } from '../../support/line.ts';
import { waitFor } from '../../support/wait-for.ts';
import { database, open } from './session-case.ts';

const sql = (text: string): Promise<unknown> => database.client.query(text);

async function oidOf(table: string): Promise<number> {
  const { rows } = await database.client.query('SELECT $1::regclass::oid::int8::float8 AS oid', [table]);
  return rows[0].oid;
}

/** Which relations the session's inserts were of, in order. */
function relationsOf(session: Session): readonly Relation[] {
  const seen: Relation[] = [];
  session.messages.subscribe({
    next: (run) => {
      for (const message of run) if (message.tag === 'insert') seen.push(message.relation);
    },
    error: () => undefined,
  });
  return seen;
}

/** Ends the session as a lost connection does, and opens the next one of the same process. */
async function cutAndReopen(session: Session, tables: readonly string[] = ['public.t']): Promise<Session> {
  await sql(
    `SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '${database.slot}'`,
  );
  await session.close();
  await released(database);
  return open({ own: session.position(), tables });
}

describe('a table stays the one that it was when the process first saw it', () => {
  test('renamed, and moved to another schema, while streaming', async () => {
    const oid = await oidOf('t');
    const session = await open();
    expect(session.bindings).toEqual(new Map([[oid, 'public.t']]));
    const before = relationsOf(session);
    await sql('INSERT INTO t VALUES (1); ALTER TABLE t RENAME TO u');
    await sql('CREATE SCHEMA attic; ALTER TABLE u SET SCHEMA attic; INSERT INTO attic.u VALUES (2)');
    await waitFor(() => before.length === 2, { description: 'both rows' });
    const next = await cutAndReopen(session);
    expect(next.bindings).toEqual(session.bindings);
    const after = relationsOf(next);
    await sql('INSERT INTO attic.u VALUES (3)');
    await waitFor(() => after.length === 3, { description: 'all three rows, as nothing was confirmed' });
    expect([...before, ...after].map((relation) => relation.oid)).toEqual([oid, oid, oid, oid, oid]);
    expect(after.map(({ schema, name }) => `${schema}.${name}`)).toEqual(['public.t', 'attic.u', 'attic.u']);
    expect((await cutAndReopen(next)).bindings).toEqual(session.bindings);
  });

  test('although two tables have exchanged their names', async () => {
    await sql(`CREATE TABLE u (id int PRIMARY KEY); ALTER PUBLICATION "${database.publication}" ADD TABLE u`);
    const tables = ['public.t', 'public.u'];
    const session = await open({ tables });
    const bindings = new Map([
      [await oidOf('t'), 'public.t'],
      [await oidOf('u'), 'public.u'],
    ]);
    expect(session.bindings).toEqual(bindings);
    await sql('ALTER TABLE t RENAME TO x; ALTER TABLE u RENAME TO t; ALTER TABLE x RENAME TO u');
    expect((await cutAndReopen(session, tables)).bindings).toEqual(bindings);
  });

  test('although a table that nobody publishes has taken its name', async () => {
    const session = await open();
    await sql('ALTER TABLE t RENAME TO u; CREATE TABLE t (id int PRIMARY KEY)');
    expect((await cutAndReopen(session)).bindings).toEqual(new Map([[await oidOf('u'), 'public.t']]));
  });

  test('until it is dropped: then the name decides again, but takes no table of another name', async () => {
    await sql(`DROP PUBLICATION "${database.publication}"`);
    await sql(`CREATE TABLE u (id int PRIMARY KEY)`);
    await sql(`CREATE PUBLICATION "${database.publication}" FOR ALL TABLES`);
    await sql(`SELECT pg_drop_replication_slot('${database.slot}')`);
    await sql(`SELECT pg_create_logical_replication_slot('${database.slot}', 'pgoutput')`);
    const tables = ['public.u', 'public.t'];
    const session = await open({ tables });
    await sql('DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY)');
    const next = await cutAndReopen(session, tables);
    expect(next.bindings).toEqual(
      new Map([
        [await oidOf('t'), 'public.t'],
        [await oidOf('u'), 'public.u'],
      ]),
    );
    await sql('DROP TABLE t; ALTER TABLE u RENAME TO t');
    await expect(cutAndReopen(next, tables)).rejects.toThrow(/table public\.t is not in publication/);
  });
});

test('a process that starts after the renaming knows no other name than the configured one', async () => {
  await sql('ALTER TABLE t RENAME TO u');
  const opening = open();
  await expect(opening).rejects.toBeInstanceOf(PreconditionError);
  await expect(opening).rejects.toThrow(/table public\.t is not in publication/);
  expect((await open({ tables: ['public.u'] })).bindings).toEqual(new Map([[await oidOf('u'), 'public.u']]));
});

test('a table that is not configured is refused under the name that it has now', async () => {
  await sql(`CREATE TABLE extra (id int PRIMARY KEY)`);
  await sql(`ALTER PUBLICATION "${database.publication}" ADD TABLE extra`);
  await sql('ALTER TABLE extra RENAME TO renamed; ALTER TABLE t RENAME TO extra');
  await expect(open({ tables: ['public.extra'] })).rejects.toThrow(/also holds public\.renamed/);
});

test.each([
  ['by their root', true, ['public.logs']],
  ['each by itself', false, ['public.leaf_1', 'public.leaf_2']],
])('partitions published %s, one renamed, one attached', async (_name, viaRoot, tables) => {
  await sql('CREATE TABLE logs (id int PRIMARY KEY) PARTITION BY LIST (id)');
  await sql('CREATE TABLE leaf_1 PARTITION OF logs FOR VALUES IN (1)');
  await sql('CREATE TABLE leaf_2 PARTITION OF logs FOR VALUES IN (2)');
  const options = `WITH (publish_via_partition_root = ${viaRoot})`;
  await sql(`DROP PUBLICATION "${database.publication}"`);
  await sql(`CREATE PUBLICATION "${database.publication}" FOR TABLE logs ${options}`);
  await sql(`SELECT pg_drop_replication_slot('${database.slot}')`);
  await sql(`SELECT pg_create_logical_replication_slot('${database.slot}', 'pgoutput')`);
  const session = await open({ tables });
  const oids = await Promise.all(tables.map(oidOf));
  expect(session.bindings).toEqual(new Map(tables.map((name, index) => [oids[index], name])));
  await sql('ALTER TABLE leaf_1 RENAME TO old_leaf; ALTER TABLE logs RENAME TO old_logs');
  await sql('CREATE TABLE leaf_3 PARTITION OF old_logs FOR VALUES IN (3)');
  await sql('INSERT INTO old_logs VALUES (1), (2), (3)');
  if (!viaRoot) {
    await expect(cutAndReopen(session, tables)).rejects.toThrow(/also holds public\.leaf_3/);
    await sql('ALTER TABLE old_logs DETACH PARTITION leaf_3');
  }
  const next = viaRoot
    ? await cutAndReopen(session, tables)
    : await open({ own: session.position(), tables });
  expect(next.bindings).toEqual(session.bindings);
});
