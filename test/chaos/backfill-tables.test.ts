import { expect, test } from 'vitest';
import { compareIndex, expectedAuditLog } from '../support/index-comparison.ts';
import { drained } from '../support/line.ts';
import { createPast } from './backfill/past-rows.ts';
import { ending, expectWhole, kept, openScene, ROWS, type Scene, startHalfway } from './backfill/scene.ts';

/** Of a table without time columns whose records are its rows. */
const expectedRows = (objectID: string, where = 'true') =>
  `SELECT ${objectID} AS object_id, to_jsonb(t) || jsonb_build_object('objectID', ${objectID}, 'source_table', 'public.t') AS record
   FROM t WHERE ${where}`;

const createRows =
  (columns: string, rows: string) =>
  async ({ client, slot, publication }: Scene['database']) => {
    await client.query(`CREATE TABLE t (${columns}); INSERT INTO t ${rows}; ANALYZE t`);
    await client.query(`CREATE PUBLICATION "${publication}" FOR TABLE t`);
    await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
  };

test('the table is truncated under way', async () => {
  await using scene = await openScene({
    create: async (database) => {
      await createPast(database, ROWS);
      await database.client.query(
        `ALTER PUBLICATION "${database.publication}" SET (publish = 'insert, update, delete, truncate')`,
      );
    },
  });
  const command = scene.start(['backfill']);
  await kept(scene, ROWS / 4);
  await scene.database.client.query(
    `TRUNCATE audit_log; INSERT INTO audit_log (action) SELECT 'report.opened' FROM generate_series(1, 50)`,
  );
  expect(await ending(command)).toMatchObject({ code: 0 });
  await expectWhole(scene, 50);
});

test.each([
  ['dropped', 'DROP TABLE audit_log'],
  ['no longer published', 'DROP TABLE audit_log; CREATE TABLE audit_log (id bigint PRIMARY KEY)'],
])('the table is %s under way: it ends and says why', async (_name, sql) => {
  await using scene = await openScene();
  const command = await startHalfway(scene);
  await scene.database.client.query(sql);
  scene.server.faults.clear();
  const { code, said } = await ending(command);
  expect([64, 69, 76, 78], said).toContain(code);
});

test('the table is renamed under way, and back', async () => {
  await using scene = await openScene();
  const command = scene.start(['backfill']);
  await kept(scene, ROWS / 4);
  await scene.database.client.query('ALTER TABLE audit_log RENAME TO audit_past');
  const { code, said } = await ending(command);
  expect([0, 64, 69, 76, 78], said).toContain(code);
  await scene.database.client.query('ALTER TABLE audit_past RENAME TO audit_log');
  expect(await ending(scene.start(['backfill']))).toMatchObject({ code: 0 });
  await expectWhole(scene);
});

/** As texts the first of them come behind the others. Records that are there already do not change with a type. */
const NUMBERED = {
  create: createRows(
    'id bigint PRIMARY KEY, note text',
    `SELECT n, 'row ' || n FROM generate_series(8501, ${8_500 + ROWS}) n`,
  ),
  config: { tables: { 'public.t': { index: 't' } } },
};

async function expectEveryId({ database, server }: Scene): Promise<void> {
  await drained(database);
  const { missing, extra } = await compareIndex(database.client, server, 't', expectedRows('id::text'));
  expect({ missing: missing.slice(0, 10), extra }).toEqual({ missing: [], extra: [] });
}

test.each(['text', 'text COLLATE "C"', 'numeric'])(
  'the key becomes %s between two parts of it',
  async (type) => {
    await using scene = await openScene(NUMBERED);
    const command = scene.start(['backfill']);
    await kept(scene, 1);
    command.kill('SIGKILL');
    await command.ended;
    await scene.database.client.query(`ALTER TABLE t ALTER id TYPE ${type}`);
    const next = await ending(scene.start(['backfill']));
    expect(next, next.said).toMatchObject({ code: 0 });
    await expectEveryId(scene);
  },
);

test('the key becomes text under way', async () => {
  await using scene = await openScene(NUMBERED);
  const command = scene.start(['backfill']);
  await kept(scene, 1);
  await scene.database.client.query('ALTER TABLE t ALTER id TYPE text');
  const { code, said } = await ending(command);
  expect([0, 64, 69, 78], said).toContain(code);
  if (code !== 0) expect(await ending(scene.start(['backfill']))).toMatchObject({ code: 0 });
  await expectEveryId(scene);
});

test('keys of several columns, in every alphabet', async () => {
  const names = `(ARRAY['a', 'A', 'ä', 'Ä', 'a:b', '100%', '', ' ', '漢字', '😀', 'é', E'e\\u0301', '"', '''', '\\', E'\\n', E'\\u0001'])[1 + n % 17]`;
  await using scene = await openScene({
    create: createRows(
      'place text, n numeric, at date, note text, PRIMARY KEY (place, n, at)',
      `SELECT ${names}, (n - 1000) / 7.0, date '2020-01-01' + n % 3, 'row' FROM generate_series(1, ${ROWS}) n`,
    ),
    config: {
      tables: {
        'public.t': {
          index: 't',
          objectID: ['place', 'n', 'at'],
          attributes: { note: 'note', place: 'place' },
        },
      },
    },
  });
  const command = scene.start(['backfill']);
  await kept(scene, ROWS / 4);
  command.kill('SIGKILL');
  await command.ended;
  expect(await ending(scene.start(['backfill']))).toMatchObject({ code: 0 });
  const part = (column: string) => `replace(replace(${column}::text, '%', '%25'), ':', '%3A')`;
  const id = ['place', 'n', 'at'].map(part).join(` || ':' || `);
  await expectWhole(
    scene,
    ROWS,
    `SELECT ${id} AS object_id, jsonb_build_object('objectID', ${id}, 'source_table', 'public.t', 'note', note, 'place', place) AS record FROM t`,
    't',
  );
});

test('rows of a megabyte are set aside, all others are there', async () => {
  await using scene = await openScene({
    create: createRows(
      'id bigint PRIMARY KEY, note text',
      `SELECT n, CASE WHEN n % 50 = 0 THEN repeat(md5(n::text), 32768) ELSE 'row ' || n END FROM generate_series(1, 2000) n`,
    ),
    config: { tables: { 'public.t': { index: 't' } } },
  });
  const command = await ending(scene.start(['backfill']));
  expect(command, command.said).toMatchObject({ code: 0 });
  await expectWhole(scene, 1_960, expectedRows('id::text', 'id % 50 <> 0'), 't');
  const { rows } = await scene.database.client.query(
    'SELECT count(*)::int AS letters FROM wal2algolia.dead_letter',
  );
  expect(rows).toEqual([{ letters: 40 }]);
});

test('a person is erased in the middle', async () => {
  await using scene = await openScene();
  const command = scene.start(['backfill']);
  await kept(scene, ROWS / 4);
  expect(await ending(scene.start(['erase', 'actor', 'user-7', '--yes']))).toMatchObject({
    code: 0,
  });
  expect(await ending(command)).toMatchObject({ code: 0 });
  const others = `SELECT * FROM (${expectedAuditLog()}) all_rows WHERE record->>'actor_id' <> 'user-7'`;
  await expectWhole(scene, (ROWS / 50) * 49, others);
});

test('a floor of the retention holds for what is loaded', async () => {
  await using scene = await openScene({
    create: async (database) => {
      await createPast(database, ROWS);
      await database.client.query(
        `UPDATE audit_log SET occurred_at = now() - interval '40 days' WHERE id % 3 = 0`,
      );
      await database.client.query('SELECT pg_drop_replication_slot($1)', [database.slot]);
      await database.client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [
        database.slot,
      ]);
    },
    config: { tables: { 'public.audit_log': { index: 'audit_log', retention: { days: 30 } } } },
  });
  const first = await ending(scene.start(['backfill']));
  expect(first, first.said).toMatchObject({ code: 0 });
  const young = `SELECT * FROM (${expectedAuditLog()}) all_rows WHERE object_id::bigint % 3 <> 0`;
  await expectWhole(scene, (ROWS / 3) * 2, young);
});
