import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TableConfig } from '../../../src/config/schema.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { createSlot, pinOutput, takeSteps } from './slot-changes.ts';

type Case = {
  readonly type: string;
  /** Postgres literals; NULL is added to all of them. */
  readonly values: readonly string[];
  /** SQL for the JSON text that stands behind `"v":` in the record, given `v`. */
  readonly json: string;
  readonly attribute?: { readonly as?: 'number' | 'string'; readonly timeZone?: string };
  /** For NULL; a timestamp has two. */
  readonly nullJson?: string;
};

const asText = 'to_json(v::text)::text';
const finite = `CASE WHEN v::text IN ('NaN', 'Infinity', '-Infinity') THEN 'null' ELSE v::text END`;
const finiteText = `CASE WHEN v::text IN ('NaN', 'Infinity', '-Infinity') THEN 'null' ELSE ${asText} END`;
const instant = (utc: string) =>
  `CASE WHEN isfinite(v) THEN to_json(iso(${utc}) || 'Z')::text || ',"v_ms":' || floor(extract(epoch FROM ${utc}) * 1000)::text
        ELSE 'null,"v_ms":null' END`;
const timestampNull = 'null,"v_ms":null';
const instants = [
  '2026-11-23 21:12:23.456789',
  '2026-11-23 21:12:23.5',
  '2026-11-23 21:12:23',
  '1970-01-01 00:00:00',
  '1969-12-31 23:59:59.999999',
  '1900-02-28 12:00:00.000001',
  '2000-02-29 23:59:59.999',
  '0001-01-01 00:00:00',
  '0044-03-15 12:30:00.25 BC',
  '0001-12-31 00:00:00 BC',
  '4713-01-01 00:00:00 BC',
  '10000-01-01 00:00:00',
  '294200-12-31 23:59:59.999999',
  'infinity',
  '-infinity',
];
const texts = [
  '',
  'plain',
  ' "quoted" \\ back\\\\slash ',
  'line\nbreak\ttab\r',
  '\u0001\u001f\u007f',
  'é 漢 \u{1f600} \u2028',
  '{}',
  'NULL',
];
const jsons = [
  '{"n": 12345678901234567890, "d": 1.10, "e": 1e400, "s": "a\\"b\\\\c\\u0001\\n", "a": [null, true, {}], "": "é"}',
  '[]',
  '"text"',
  '1.10',
  'null',
  '-0.000000000000000000000000000000000001',
];

const cases: readonly Case[] = [
  { type: 'int2', values: ['-32768', '32767'], json: 'v::text' },
  { type: 'int4', values: ['-2147483648', '0'], json: 'v::text' },
  { type: 'oid', values: ['4294967295'], json: 'v::text' },
  {
    type: 'int8',
    values: [
      '9007199254740991',
      '9007199254740992',
      '-9007199254740991',
      '-9007199254740992',
      '-9223372036854775808',
      '9223372036854775807',
      '0',
      '1000000000000000',
    ],
    json: `CASE WHEN abs(v::numeric) <= 9007199254740991 THEN v::text ELSE ${asText} END`,
  },
  { type: 'int8', values: ['9223372036854775807'], json: 'v::text', attribute: { as: 'number' } },
  { type: 'int4', values: ['7'], json: asText, attribute: { as: 'string' } },
  { type: 'float4', values: ['1.1', '3.4e38', '-1e-37', 'NaN', 'Infinity', '-Infinity', '-0'], json: finite },
  {
    type: 'float8',
    values: ['0.1', '1e300', '5e-324', '123456789012345680', 'NaN', 'Infinity', '-Infinity'],
    json: finite,
  },
  { type: 'float8', values: ['0.1', 'NaN', '-Infinity'], json: asText, attribute: { as: 'string' } },
  { type: 'numeric(10,2)', values: ['1.10', '-99999999.99', 'NaN'], json: finite },
  { type: 'numeric(15,0)', values: ['999999999999999'], json: finite },
  { type: 'numeric(3,-5)', values: ['12300000'], json: finite },
  { type: 'numeric(16,2)', values: ['1.10', 'NaN'], json: finiteText },
  {
    type: 'numeric',
    values: ['1.10', '12345678901234567890.123456789', 'NaN', 'Infinity', '-Infinity'],
    json: finiteText,
  },
  {
    type: 'numeric',
    values: ['1.10', '12345678901234567890.123456789', 'NaN'],
    json: finite,
    attribute: { as: 'number' },
  },
  { type: 'bool', values: ['true', 'false'], json: 'to_json(v)::text' },
  { type: 'text', values: texts, json: asText },
  {
    type: 'text',
    values: ['1.50', ' +07 ', '-.5', '-12345678901234567890.10'],
    json: 'to_json(v::numeric)::text',
    attribute: { as: 'number' },
  },
  { type: 'varchar(40)', values: texts, json: asText },
  { type: 'char(8)', values: ['ab'], json: 'to_json(v)::text' },
  { type: '"char"', values: ['x'], json: asText },
  { type: 'name', values: ['a_name'], json: asText },
  { type: 'uuid', values: ['0198b2c4-7d1e-7a3b-9c5d-2f4e6a8b0c1d'], json: asText },
  { type: 'inet', values: ['10.1.2.3/8', '::1'], json: 'to_json(v)::text' },
  { type: 'cidr', values: ['10.0.0.0/8'], json: asText },
  { type: 'macaddr', values: ['08:00:2b:01:02:03'], json: asText },
  { type: 'time', values: ['21:12:23.456789', '24:00:00'], json: asText },
  { type: 'timetz', values: ['21:12:23.4+09'], json: asText },
  { type: 'interval', values: ['1 year 2 months 3 days 04:05:06.789', '-1 day'], json: asText },
  { type: 'money', values: ['1234.56'], json: asText },
  { type: 'tsvector', values: [`'a':1 'it''s':2`], json: asText },
  { type: 'bit(4)', values: ['1010'], json: asText },
  { type: 'point', values: ['(1.5,2)'], json: asText },
  { type: 'int4range', values: ['[1,5)', 'empty'], json: asText },
  { type: 'tstzrange', values: ['[2026-01-01 00:00:00.5+00,)'], json: asText },
  { type: 'int4multirange', values: ['{[1,3),[5,7)}'], json: asText },
  { type: 'pg_lsn', values: ['0/1776B48'], json: asText },
  { type: 'xid8', values: ['18446744073709551615'], json: asText },
  { type: 'mood', values: ['calm', 'very "odd"'], json: 'to_json(v)::text' },
  { type: 'pair', values: ['(1,"a ""b"" c")'], json: asText },
  { type: 'json', values: [...jsons, ' { "a" :\n 1, "a": 2 } '], json: 'v::text' },
  { type: 'jsonb', values: jsons, json: 'v::text' },
  { type: 'jsonb', values: jsons, json: asText, attribute: { as: 'string' } },
  {
    type: 'bytea',
    values: ['\\x', '\\x00', '\\xdead', '\\xdeadbe', `\\x${'0123456789abcdef'.repeat(40)}`],
    json: `to_json(translate(encode(v, 'base64'), E'\\n', ''))::text`,
  },
  { type: 'timestamptz', values: instants, json: instant(`(v AT TIME ZONE 'UTC')`), nullJson: timestampNull },
  {
    type: 'timestamptz(3)',
    values: ['2026-11-23 21:12:23.4567'],
    json: instant(`(v AT TIME ZONE 'UTC')`),
    nullJson: timestampNull,
  },
  {
    type: 'timestamptz',
    values: ['2026-11-23 21:12:23.4'],
    json: `to_json(iso(v AT TIME ZONE 'UTC') || 'Z')::text`,
    attribute: { as: 'string' },
  },
  { type: 'timestamp', values: instants, json: instant('v'), nullJson: timestampNull },
  {
    type: 'timestamp',
    values: [
      '2026-01-15 12:00:00.25',
      '2026-03-29 01:59:59',
      '2026-03-29 02:30:00',
      '2026-03-29 03:00:00',
      '2026-10-25 01:59:59',
      '2026-10-25 02:00:00',
      '2026-10-25 02:30:00',
      '2026-10-25 03:00:00',
      '2027-01-01 00:30:00',
      '1980-04-06 02:30:00',
      '1750-01-01 00:00:00',
      '0044-03-15 00:00:00 BC',
      '2600-07-01 12:00:00',
      'infinity',
    ],
    json: instant(`(v AT TIME ZONE 'Europe/Berlin' AT TIME ZONE 'UTC')`),
    attribute: { timeZone: 'Europe/Berlin' },
    nullJson: timestampNull,
  },
  {
    type: 'date',
    values: [
      '2026-11-23',
      '0044-03-15 BC',
      '0001-12-31 BC',
      '10000-02-29',
      '5874897-12-31',
      'infinity',
      '-infinity',
    ],
    json: `CASE WHEN isfinite(v) THEN to_json(iso_date(v))::text ELSE 'null' END`,
  },
  {
    type: 'int4[]',
    values: [
      '{}',
      '{1,NULL,-3}',
      '{{1,2},{3,4}}',
      '[0:1]={1,2}',
      '[-1:0][2:3]={{1,2},{3,4}}',
      '{{{1}},{{2}}}',
    ],
    json: 'to_json(v)::text',
  },
  {
    type: 'int8[]',
    values: ['{9007199254740993,1}'],
    json: `replace(to_json(v)::text, '9007199254740993', '"9007199254740993"')`,
  },
  {
    type: 'text[]',
    values: ['{"",NULL,"NULL","null","a b","c,d","\\"","\\\\","{}","é\u{1f600}"}', '{{a,b},{c,d}}'],
    json: 'to_json(v)::text',
  },
  { type: 'bool[]', values: ['{t,f,NULL}'], json: 'to_json(v)::text' },
  { type: 'float8[]', values: ['{1.5,-2}'], json: 'to_json(v)::text' },
  { type: 'numeric(10,2)[]', values: ['{1.1,2}'], json: 'to_json(v)::text' },
  { type: 'numeric[]', values: ['{1.10,2}'], json: 'to_json(v::text[])::text' },
  { type: 'mood[]', values: ['{calm,"very \\"odd\\""}'], json: 'to_json(v)::text' },
  { type: 'pair[]', values: ['{"(1,a)","(2,\\"b c\\")"}'], json: 'to_json(v::text[])::text' },
  {
    type: 'jsonb[]',
    values: [`{"{\\"a\\": 1.10, \\"b\\": \\"x\\\\\\\\y\\"}",12345678901234567890,NULL,"null","[1, 2]"}`],
    json: 'to_json(v)::text',
  },
  {
    type: 'timestamptz[]',
    values: ['{"2026-11-23 21:12:23.456789+00","2026-11-23 21:12:23+09"}'],
    json: `replace(to_json(v)::text, '+00:00"', 'Z"')`,
  },
  {
    type: 'timestamp[]',
    values: ['{"2026-11-23 21:12:23.4"}'],
    json: `replace(to_json(v)::text, '"]', 'Z"]')`,
  },
  { type: 'date[]', values: ['{2026-11-23,NULL}'], json: 'to_json(v)::text' },
  { type: 'bytea[]', values: ['{"\\\\xdead","\\\\x"}'], json: `'["' || encode(v[1], 'base64') || '",""]'` },
  { type: 'box[]', values: ['{(1,1),(0,0);(2,2),(1,1)}'], json: 'to_json(v::text[])::text' },
  { type: 'int4range[]', values: ['{"[1,5)",empty}'], json: 'to_json(v::text[])::text' },
  { type: 'uuid[]', values: ['{0198b2c4-7d1e-7a3b-9c5d-2f4e6a8b0c1d}'], json: 'to_json(v)::text' },
  { type: 'int2vector', values: ['1 2 3', ''], json: 'to_json(v)::text' },
  { type: 'json_document', values: jsons, json: 'v::text' },
  { type: 'amount', values: ['1.1', '-99999999.99'], json: 'v::text' },
  { type: 'positive_amount', values: ['1.1'], json: 'v::text' },
  { type: 'temper', values: ['calm'], json: 'to_json(v)::text' },
  {
    type: 'moment',
    values: ['2026-11-23 21:12:23.456789+00', 'infinity'],
    json: instant(`(v AT TIME ZONE 'UTC')`),
    nullJson: timestampNull,
  },
  { type: 'int_list', values: ['{1,2}', '{}'], json: 'to_json(v)::text' },
  { type: 'amount[]', values: ['{1.1,NULL,2}'], json: 'to_json(v::numeric(10,2)[])::text' },
  { type: 'temper[]', values: ['{calm,calm}'], json: 'to_json(v)::text' },
  { type: 'json_document[]', values: ['{"{\\"a\\": 1.10}","[]"}'], json: 'to_json(v::jsonb[])::text' },
  {
    type: 'int_list[]',
    values: ['{"{1,2}","{}",NULL}'],
    json: `CASE WHEN v IS NOT NULL THEN '[[1,2],[],null]' END`,
  },
];

const TYPES = `
  CREATE TYPE mood AS ENUM ('calm', 'very "odd"');
  CREATE TYPE pair AS (a int, b text);
  CREATE DOMAIN json_document AS jsonb;
  CREATE DOMAIN amount AS numeric(10,2);
  CREATE DOMAIN positive_amount AS amount CHECK (VALUE > 0);
  CREATE DOMAIN temper AS mood;
  CREATE DOMAIN moment AS timestamptz;
  CREATE DOMAIN int_list AS int[];
  CREATE FUNCTION iso_year(year numeric) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN astronomical BETWEEN 0 AND 9999 THEN lpad(astronomical::text, 4, '0')
                ELSE CASE WHEN astronomical < 0 THEN '-' ELSE '+' END
                     || lpad(abs(astronomical)::text, greatest(6, length(abs(astronomical)::text)), '0') END
    FROM (SELECT CASE WHEN year < 0 THEN year + 1 ELSE year END AS astronomical) years $$;
  CREATE FUNCTION iso_date(v date) RETURNS text LANGUAGE sql AS $$
    SELECT iso_year(extract(year FROM v)) || '-' || to_char(extract(month FROM v), 'FM00')
           || '-' || to_char(extract(day FROM v), 'FM00') $$;
  CREATE FUNCTION iso(v timestamp) RETURNS text LANGUAGE sql AS $$
    SELECT iso_year(extract(year FROM v)) || to_char(v, '-MM-DD"T"HH24:MI:SS')
           || rtrim(rtrim(to_char(v, '.US'), '0'), '.') $$;`;

let database: TestDatabase;
/** What follows `"v":` in each record, by table and id. */
const written = new Map<string, ReadonlyMap<string, string>>();

beforeAll(async () => {
  database = await createDatabase();
  const { client } = database;
  await pinOutput(client);
  await client.query(TYPES);
  for (const [index, { type }] of cases.entries()) {
    await client.query(
      `CREATE TABLE case_${index} (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v ${type})`,
    );
  }
  await createSlot(database);
  for (const [index, { type, values }] of cases.entries()) {
    for (const value of [...values, null])
      await client.query(`INSERT INTO case_${index} (v) SELECT $1::text::${type}`, [value]);
  }
  for (const step of await takeSteps(database, Object.fromEntries(cases.map(tableConfig)))) {
    if (step.kind === 'position') continue;
    const text = step.bytes.toString('utf8', step.start, step.end);
    const json = text.slice(text.indexOf('"v":') + 4, text.lastIndexOf(',"source_table":'));
    written.set(step.index, new Map([...(written.get(step.index) ?? []), [step.objectID, json]]));
    expect(() => JSON.parse(text) as unknown, text).not.toThrow();
  }
});

afterAll(async () => database[Symbol.asyncDispose]());

function tableConfig({ attribute }: Case, index: number): [string, TableConfig] {
  return [
    `public.case_${index}`,
    { index: `case_${index}`, objectID: ['id'], attributes: { v: { column: 'v', ...attribute } } },
  ];
}

test.each(cases.map((one, index) => ({ ...one, index })))(
  '$type as $attribute',
  async ({ index, json, values, nullJson = 'null' }) => {
    const { rows } = await database.client.query<{ id: string; json: string }>(
      `SELECT id::text, coalesce(${json}, $1) AS json FROM case_${index}`,
      [nullJson],
    );
    expect(rows).toHaveLength(values.length + 1);
    expect(Object.fromEntries(written.get(`case_${index}`) ?? [])).toEqual(
      Object.fromEntries(rows.map((row) => [row.id, row.json])),
    );
  },
);

test('any text, alone and in arrays of up to two dimensions, as Postgres prints it', async () => {
  const { client } = database;
  const texts = fc
    .oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.string({ unit: fc.constantFrom(...'"\\{},;: NULL\n\t\u0001é') }),
    )
    .map((text) => text.replaceAll('\0', ''));
  const width = fc.integer({ min: 1, max: 4 });
  const row = fc.record({
    alone: texts,
    flat: fc.array(fc.option(texts), { maxLength: 6 }),
    grid: width.chain((count) =>
      fc.array(fc.array(texts, { minLength: count, maxLength: count }), { minLength: 1, maxLength: 3 }),
    ),
    at: fc.integer({ min: -200_000_000_000, max: 300_000_000_000 }),
    micros: fc.integer({ min: 0, max: 999_999 }),
  });
  const seed = Date.now() & 0x7fffffff;
  await client.query(
    `CREATE TABLE random_rows (id int PRIMARY KEY, alone text, flat text[], grid text[], at timestamptz)`,
  );
  for (const [id, { alone, flat, grid, at, micros }] of fc.sample(row, { seed, numRuns: 150 }).entries()) {
    await client.query(
      `INSERT INTO random_rows VALUES ($1, $2, $3, $4, to_timestamp(0) + $5 * interval '1 second' + $6 * interval '1 microsecond')`,
      [id, alone, flat, grid, at, micros],
    );
  }
  const steps = await takeSteps(database, { 'public.random_rows': { index: 'random', objectID: ['id'] } });
  const records = steps.flatMap((step) => {
    if (step.kind === 'position') return [];
    const { wal: _, ...mapped } = (
      JSON.parse(step.bytes.toString('utf8', step.start, step.end)) as { body: { wal: unknown } }
    ).body;
    return [mapped];
  });
  const { rows } = await client.query<{ record: unknown }>(
    `SELECT json_build_object('objectID', id::text, 'id', id, 'alone', alone, 'flat', flat, 'grid', grid,
              'at', iso(at AT TIME ZONE 'UTC') || 'Z', 'at_ms', floor(extract(epoch FROM at) * 1000),
              'source_table', 'public.random_rows') AS record
     FROM random_rows ORDER BY id`,
  );
  expect(records, `seed ${seed}`).toEqual(rows.map(({ record }) => record));
});
