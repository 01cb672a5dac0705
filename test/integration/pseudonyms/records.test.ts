import { expect, test } from 'vitest';
import { createDeadLetterTable } from '../../support/dead-letter-table.ts';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { pseudonymOf } from '../../support/pseudonym.ts';
import { commandFor } from '../cli/dead-letter-case.ts';

const OLD = 'the key of all that was before 2026';
const NEW = 'the key of all that came after that';
const pseudonyms = {
  keys: [
    { id: '2025', secret: OLD },
    { id: '2026', from: '2026-01-01T00:00:00Z', secret: NEW },
  ],
};
const tables = {
  'public.log': {
    index: 'log',
    attributes: {
      id: 'id',
      occurred_at: 'occurred_at',
      actor_id: { column: 'actor_id', pseudonym: 'user' },
      target_type: 'target_type',
      target_id: { column: 'target_id', pseudonym: { column: 'target_type' } },
      owner: { column: 'data', path: 'owner.id', pseudonym: 'user' },
      watchers: { column: 'data', path: 'watchers', pseudonym: 'user' },
      colour: { column: 'data', path: 'colour' },
      text: { template: '{actor_id} changed[ {target_id}]' },
    },
  },
};

/** What the records must be: made by SQL, of pseudonyms that were made by other means. */
const EXPECTED = `SELECT id::text AS object_id, jsonb_build_object(
    'objectID', id::text, 'source_table', 'public.log', 'id', id, 'colour', data->'colour', 'target_type', target_type,
    'occurred_at', CASE WHEN isfinite(occurred_at) THEN regexp_replace(to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '\\.?0+$', '') || 'Z' END,
    'occurred_at_ms', CASE WHEN isfinite(occurred_at) THEN floor(extract(epoch FROM occurred_at) * 1000)::bigint END,
    'actor_id', actor.pseudonym, 'target_id', target.pseudonym, 'owner', owner.pseudonym,
    'watchers', CASE WHEN data ? 'watchers' THEN
      (SELECT coalesce(jsonb_agg(w.pseudonym ORDER BY place), '[]') FROM jsonb_array_elements_text(data->'watchers') WITH ORDINALITY e(text, place)
       LEFT JOIN made w ON w.kind = 'user' AND w.original = e.text AND w.is_new = key.is_new) END,
    'text', actor.pseudonym || ' changed' || coalesce(' ' || target.pseudonym, '')) AS record
  FROM log CROSS JOIN LATERAL (SELECT coalesce(occurred_at >= '2026-01-01T00:00:00Z', false) AS is_new) key
  LEFT JOIN made actor ON actor.kind = 'user' AND actor.original = actor_id::text AND actor.is_new = key.is_new
  LEFT JOIN made target ON target.kind = coalesce(target_type, '') AND target.original = target_id AND target.is_new = key.is_new
  LEFT JOIN made owner ON owner.kind = 'user' AND owner.original = data#>>'{owner,id}' AND owner.is_new = key.is_new`;

async function createLog({ client, publication, slot }: TestDatabase): Promise<void> {
  await client.query(`CREATE TABLE log (id int PRIMARY KEY, occurred_at timestamptz, actor_id bigint, target_type text,
    target_id text, data jsonb, note text)`);
  await client.query('ALTER TABLE log ALTER COLUMN data SET STORAGE EXTERNAL');
  await client.query(
    `CREATE PUBLICATION "${publication}" FOR TABLE log WITH (publish = 'insert, update, delete')`,
  );
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
}

/** Ids 1 to 50 of users and of what they act on, by either key. */
async function makePseudonyms({ client }: TestDatabase): Promise<void> {
  const kinds = { user: 'user', report: 'report', 'Big "Report"': 'big_report', '': 'id' };
  const made = Object.entries(kinds).flatMap(([kind, shown]) =>
    Array.from({ length: 50 }, (_, at) => String(at + 1)).flatMap((original) =>
      [OLD, NEW].map((key) => [kind, original, key === NEW, pseudonymOf(key, kind, original, shown)]),
    ),
  );
  await client.query(`CREATE TEMP TABLE made AS SELECT e->>0 AS kind, e->>1 AS original, (e->>2)::boolean AS is_new, e->>3 AS pseudonym
    FROM jsonb_array_elements('${JSON.stringify(made)}') e`);
}

/** Times on both sides of the border, to the microsecond; people of whom some act on others; documents that are too large to travel. */
async function insertRows({ client }: TestDatabase, from: number, until: number): Promise<void> {
  await client.query(`INSERT INTO log SELECT g,
      (ARRAY['2025-12-31T23:59:59.999999Z', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000001Z', NULL, 'infinity', '-infinity', '2019-05-06T07:08:09Z'])[1 + g % 7]::timestamptz,
      CASE WHEN g % 11 > 0 THEN 1 + g % 50 END, (ARRAY['user', 'report', 'Big "Report"', NULL])[1 + g % 4],
      CASE WHEN g % 13 > 0 THEN (1 + g % 17)::text END,
      CASE WHEN g % 3 > 0 THEN jsonb_build_object('colour', 'red', 'owner', jsonb_build_object('id', 1 + g % 50), 'filler', repeat(md5(g::text), 120),
        'watchers', CASE WHEN g % 2 = 0 THEN jsonb_build_array((1 + g % 9)::text, 1 + g % 8, NULL) ELSE '[]' END) END, 'n'
    FROM generate_series(${from}, ${until}) g`);
}

test('records are what SQL says, on both sides of the border of two keys, streamed and read again', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createLog(database);
  await makePseudonyms(database);
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables, pseudonyms }));
  const compare = async (rowsMin: number) => {
    await Promise.race([line.ended, drained(database)]);
    expectEqual(await compareIndex(client, server, 'log', EXPECTED), rowsMin);
  };
  await insertRows(database, 1, 600);
  await compare(600);
  // Without its document, which did not change, a row is read again.
  await client.query(`UPDATE log SET note = 'changed' WHERE id % 2 = 0`);
  await compare(600);
  // Over the border, in both directions, and on by a microsecond.
  await client.query(`UPDATE log SET occurred_at = CASE WHEN occurred_at < '2026-01-01' THEN '2026-01-01' ELSE occurred_at - interval '1 us' END
    WHERE id % 5 = 0 AND isfinite(occurred_at)`);
  await client.query('UPDATE log SET id = id + 10000 WHERE id % 50 = 0');
  await client.query('DELETE FROM log WHERE id % 9 = 0');
  await compare(500);
  await client.query(
    `SELECT pg_logical_emit_message(true, 'wal2algolia', jsonb_build_object('refresh', jsonb_build_object(
       'table', 'public.log', 'objectIDs', jsonb_agg(id::text)))::text) FROM log`,
  );
  await compare(500);
  expect(line.status().records.deadLetters).toBe(0);
});

test('what is exported joins every record to its row, and no other', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createLog(database);
  await createDeadLetterTable(database);
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server, { tables, pseudonyms }));
  await insertRows(database, 1, 300);
  await Promise.race([line.ended, drained(database)]);
  await using command = await commandFor(database, server, { tables, pseudonyms });
  const { stdout, stderr, code } = await command.end('identities', 'export', '--format', 'json');
  expect(code, stderr).toBe(0);
  await compareIndex(client, server, 'log', `SELECT id::text AS object_id, '{}'::jsonb AS record FROM log`);
  const { rows } = await client.query(
    `WITH told AS (SELECT e->>'pseudonym' AS pseudonym, e->>'original' AS original FROM jsonb_array_elements($1::jsonb) e),
     shown AS (
       SELECT object_id, 'actor' AS what, record->>'actor_id' AS pseudonym FROM indexed UNION ALL
       SELECT object_id, 'target', record->>'target_id' FROM indexed UNION ALL
       SELECT object_id, 'owner', record->>'owner' FROM indexed UNION ALL
       SELECT object_id, 'watcher', w FROM indexed, jsonb_array_elements_text(coalesce(nullif(record->'watchers', 'null'), '[]')) w),
     stored AS (
       SELECT id::text AS object_id, 'actor' AS what, actor_id::text AS original FROM log UNION ALL
       SELECT id::text, 'target', target_id FROM log UNION ALL
       SELECT id::text, 'owner', data#>>'{owner,id}' FROM log UNION ALL
       SELECT id::text, 'watcher', w FROM log, jsonb_array_elements_text(coalesce(data->'watchers', '[]')) w),
     joined AS (SELECT object_id, what, original FROM shown LEFT JOIN told USING (pseudonym))
     SELECT (SELECT count(*)::int FROM joined WHERE original IS NOT NULL) AS joined,
       (SELECT count(*)::int FROM told WHERE pseudonym NOT IN (SELECT pseudonym FROM shown WHERE pseudonym IS NOT NULL)) AS unused,
       (SELECT count(*)::int FROM (SELECT * FROM joined EXCEPT ALL SELECT * FROM stored) x) AS wrong,
       (SELECT count(*)::int FROM (SELECT * FROM stored EXCEPT ALL SELECT * FROM joined) x) AS missing`,
    [stdout],
  );
  expect(rows).toEqual([{ joined: expect.any(Number), unused: 0, wrong: 0, missing: 0 }]);
  expect(rows[0]?.joined).toBeGreaterThan(900);
});
