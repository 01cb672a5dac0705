import { expect, test } from 'vitest';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { backfill, follow, slotPassed, states, wholeRows } from './backfill-case.ts';

type KeyCase = {
  /** Of table t. */
  readonly sql: string;
  readonly rows: string;
  readonly count: number;
  readonly objectID?: readonly string[];
  readonly id?: string;
  readonly isSorted?: boolean;
  /** Columns that records have as texts. */
  readonly texts?: string;
};

const part = (column: string): string => `replace(replace(${column}::text, '%', '%25'), ':', '%3A')`;
const TEXTS = `ARRAY['a', 'A', 'ä', '€', '😀', 'a:b', 'a%3Ab', '%', ':', ' ', E'\\n', 'ß', 'ss', 'Z', repeat('é', 300)]`;

/** Pairs that are equal but for case, so that a page ends between the two of one. */
const CASES = `SELECT CASE i % 2 WHEN 0 THEN 'name ' ELSE 'NAME ' END || i / 2, i FROM generate_series(1, 12001) i`;
const TYPES = `CREATE EXTENSION citext; CREATE DOMAIN citext_name AS citext; CREATE DOMAIN name_of_name AS citext_name;
  CREATE COLLATION caseless (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`;

const cases: readonly (readonly [string, KeyCase])[] = [
  [
    'whole numbers',
    {
      sql: 'id bigint PRIMARY KEY, v text',
      rows: `SELECT i, 'v' || i FROM generate_series(-5000, 7000) i`,
      count: 12_001,
    },
  ],
  ['no rows', { sql: 'id int PRIMARY KEY, v text', rows: `SELECT 1, 'x' WHERE false`, count: 0 }],
  [
    'uuids',
    {
      sql: 'id uuid PRIMARY KEY, v int',
      rows: `SELECT md5(i::text)::uuid, i FROM generate_series(1, 6000) i`,
      count: 6_000,
    },
  ],
  [
    'texts',
    {
      sql: 'id text PRIMARY KEY, v int',
      rows: `SELECT t, i FROM unnest(${TEXTS}) WITH ORDINALITY x(t, i)`,
      count: 15,
    },
  ],
  [
    'two columns, in another order than the index has them',
    {
      sql: 'id int, tenant text, v int, PRIMARY KEY (id, tenant)',
      rows: `SELECT i, t, i FROM unnest(${TEXTS}) t, generate_series(1, 500) i`,
      count: 7_500,
      objectID: ['tenant', 'id'],
      id: `${part('tenant')} || ':' || ${part('id')}`,
    },
  ],
  [
    'columns without an index, rows that share a key, and some that lack a part of it',
    {
      sql: 'kind text, number numeric, v int',
      rows: `SELECT 'k' || i % 7, CASE WHEN i % 100 > 0 THEN i / 700 END + 0.0, 1 FROM generate_series(1, 20000) i`,
      count: 20_000,
      objectID: ['kind', 'number'],
      id: `kind || ':' || number`,
      isSorted: true,
      texts: 'number',
    },
  ],
  [
    'a type of an extension, in another schema, beside a number: equal where only case differs',
    {
      sql: 'id public.citext, n int, v int',
      rows: `SELECT CASE i % 2 WHEN 0 THEN 'name ' ELSE 'NAME ' END || i / 4, i % 3, i FROM generate_series(1, 12000) i; CREATE INDEX ON t (id, n)`,
      count: 12_000,
      objectID: ['id', 'n'],
      id: `id || ':' || n`,
    },
  ],
  [
    'numbers that are equal and not the same, with an index that is not unique',
    {
      sql: 'id numeric, v int',
      rows: `SELECT (i / 3 || CASE i % 3 WHEN 0 THEN '' WHEN 1 THEN '.0' ELSE '.00' END)::numeric, i FROM generate_series(0, 17999) i; CREATE INDEX ON t (id)`,
      count: 18_000,
      texts: 'id',
    },
  ],
  [
    'texts that are equal where only case differs, with an index that is unique in another collation',
    {
      sql: 'id text COLLATE public.caseless, v int',
      rows: `${CASES}; CREATE INDEX ON t (id); CREATE UNIQUE INDEX ON t (id COLLATE "C")`,
      count: 12_001,
      id: 'id COLLATE "C"',
    },
  ],
  [
    'a type of an extension, with an index that is unique by the operators of another type',
    {
      sql: 'id public.citext, v int',
      rows: `${CASES}; CREATE INDEX ON t (id); CREATE UNIQUE INDEX ON t (id text_ops)`,
      count: 12_001,
    },
  ],
  [
    'a domain over a domain over a type of an extension',
    { sql: 'id public.name_of_name, v int', rows: `${CASES}; CREATE INDEX ON t (id)`, count: 12_001 },
  ],
];

test.each(cases)(
  'keys of %s',
  async (_, { sql, rows, count, objectID = ['id'], id, isSorted = false, texts }) => {
    await using database = await createDatabase();
    const { client } = database;
    if (sql.includes('public.')) await client.query(TYPES);
    await client.query(`CREATE TABLE t (${sql}); INSERT INTO t ${rows}`);
    await follow(database, 't', `WITH (publish = 'insert')`);
    await using server = await startIndex();
    const config = lineConfig(database, server, {
      tables: { 'public.t': { index: 't', objectID: [...objectID] } },
    });
    await using line = startLine(config);
    const sorts = new Set<boolean>();
    const result = await backfill(database, config, {
      table: 'public.t',
      onProgress: (progress) => sorts.add(progress.isSorted),
    });
    await line.stop();
    const nameless = objectID.map((name) => `${name} IS NULL`).join(' OR ');
    const { rows: counted } = await client.query(`SELECT count(*)::int AS count FROM t WHERE ${nameless}`);
    expect(result).toEqual({
      table: 'public.t',
      rows: count - counted[0].count,
      isResumed: false,
      unnamable: counted[0].count,
    });
    expect([...sorts]).toEqual([isSorted]);
    const asText = texts === undefined ? '' : ` || jsonb_build_object('${texts}', record->>'${texts}')`;
    const whole = `SELECT DISTINCT ON (object_id) object_id, record${asText} AS record FROM (${wholeRows('t', id)}) each WHERE object_id IS NOT NULL`;
    expectEqual(await compareIndex(client, server, 't', whole), Math.min(count, 1));
    expect(await states(database)).toMatchObject([{ table_name: 'public.t', scope: '', finished: true }]);
  },
);

test('keys whose order changes under way are read anew, in the order that they have by then', async () => {
  await using database = await createDatabase();
  const { client } = database;
  // By the second collation those with a capital are the first ones.
  await client.query(`CREATE TABLE t (id text COLLATE "en-x-icu" PRIMARY KEY);
    INSERT INTO t SELECT CASE WHEN i <= 6000 THEN 'a' ELSE 'B' END || i FROM generate_series(1, 12000) i`);
  await follow(database, 't');
  await using server = await startIndex();
  const config = lineConfig(database, server, { tables: { 'public.t': { index: 't' } } });
  await using line = startLine(config);
  const passed = slotPassed(database);
  let chunks = 0;
  const first = backfill(database, config, {
    table: 'public.t',
    passed: async (target) => {
      chunks += 1;
      if (chunks === 1) await client.query('ALTER TABLE t ALTER id TYPE text COLLATE "C"');
      await passed(target);
    },
  });
  await expect(first).rejects.toMatchObject({
    exitCode: 69,
    message: expect.stringContaining('public.t was changed while its keys were read'),
    remedy: expect.stringContaining('it begins anew'),
  });
  const second = await backfill(database, config, { table: 'public.t' });
  expect(second).toMatchObject({ rows: 12_000, isResumed: false });
  await line.stop();
  expectEqual(await compareIndex(client, server, 't', wholeRows('t')), 12_000);
});
