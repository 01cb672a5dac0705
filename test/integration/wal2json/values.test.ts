import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TableConfig } from '../../../src/config/schema.ts';
import { createBothSlots, type Stream, streamBoth } from './both-plugins.ts';
import { database, sql } from './wal2json-case.ts';

const table: TableConfig = { index: 'i', objectID: ['id'] };

const TYPES = `
  CREATE TYPE mood AS ENUM ('calm', 'very "odd"');
  CREATE TYPE pair AS (a int, b text);
  CREATE SCHEMA "S"; CREATE TYPE "S"."Odd ""type""" AS ENUM ('a');
  CREATE TYPE "Quoted" AS ENUM ('a');
  CREATE DOMAIN amount AS numeric(10,2); CREATE DOMAIN flag AS boolean; CREATE DOMAIN bytes AS bytea;
  CREATE DOMAIN json_document AS jsonb; CREATE DOMAIN int_list AS int[];`;

/** Each type with values of it; NULL is added to all of them. */
const SAMPLES: Readonly<Record<string, readonly string[]>> = {
  smallint: ['-32768', '32767'],
  integer: ['-2147483648', '2147483647'],
  bigint: ['9007199254740993', '-9223372036854775808', '0'],
  oid: ['0', '4294967295'],
  real: ['1.1', '-0', '1e-30', '3.4e38'],
  'double precision': ['0.1', '1e300', '-1.7976931348623157e308', '5e-324'],
  numeric: ['1.10', '123456789012345678901234567890.123456789012345678901234567890', '-0.000', '1e100'],
  'numeric(10,2)': ['1.10', '-99999999.99'],
  'numeric(5,-2)': ['123400'],
  'numeric(10,2)[]': ['{1.10,NULL,2}'],
  boolean: ['true', 'false'],
  'boolean[]': ['{t,f,NULL}'],
  bytea: ['\\x', '\\x00ff5c22'],
  'bytea[]': ['{"\\\\x00ff",NULL}'],
  text: [
    '',
    'null',
    'true',
    '1',
    '"\\/\b\f\n\r\t\u0001\u001f\u007f',
    'é€😀',
    `{"columns":[]},"typeoid":1,"value":2}`,
  ],
  'character varying(20)': ['a ', ''],
  'character(5)': ['ab'],
  '"char"': ['x', '"'],
  name: ['a "name"'],
  date: ['2026-11-23', '0044-03-15 BC', 'infinity'],
  timestamp: ['2026-11-23 01:02:03.000004', '-infinity', '0044-03-15 00:00:00 BC'],
  'timestamp(3)': ['2026-11-23 01:02:03.0004'],
  timestamptz: ['2026-11-23 01:02:03.000004+05', 'infinity'],
  'time(2)': ['01:02:03.456'],
  timetz: ['01:02:03+05'],
  interval: ['1 year 2 days 03:04:05.6'],
  uuid: ['00000000-0000-0000-0000-000000000001'],
  json: ['{"a":  1.10, "a": "\\u00e9"}', 'null', '"x"', '[1]'],
  jsonb: ['{"n": 12345678901234567890.10}', 'null'],
  'text[]': ['{}', '{"a\\"b","c\\\\d",NULL,"NULL",é}', '{{a,b},{c,d}}'],
  int4range: ['[1,5)', 'empty'],
  point: ['(1.5,-2)'],
  box: ['(1,2),(3,4)'],
  inet: ['10.0.0.1/8'],
  'bit(3)': ['101'],
  'bit varying(5)': ['10'],
  money: ['12.34'],
  xml: ['<a b="c">&amp;</a>'],
  tsvector: [`'a':1 'b"c':2`],
  int2vector: ['1 2 3'],
  mood: ['calm', 'very "odd"'],
  '"Quoted"': ['a'],
  '"S"."Odd ""type"""': ['a'],
  'mood[]': ['{calm,"very \\"odd\\""}'],
  pair: ['(1,"a,""b")'],
  amount: ['1.10', 'NaN'],
  flag: ['true', 'false'],
  bytes: ['\\x00ff'],
  json_document: ['{"a": 1.10}'],
  int_list: ['{1,2}'],
};

/** What both of them say, asserted to be the same. */
async function same(): Promise<Stream> {
  const { pgoutput, wal2json } = await streamBoth({ 'public.t': table });
  expect(wal2json.messages).toEqual(pgoutput.messages);
  expect(wal2json.records).toEqual(pgoutput.records);
  return wal2json;
}

test('values of every kind of type, with the types themselves', async () => {
  await sql(TYPES);
  const types = Object.keys(SAMPLES);
  const columns = types.map((type, index) => `c${index} ${type}`);
  await sql(`CREATE TABLE t (id int PRIMARY KEY, ${columns.join(', ')})`);
  await createBothSlots();
  const rows = Math.max(...Object.values(SAMPLES).map(({ length }) => length)) + 1;
  for (let row = 0; row < rows; row++) {
    const values = Object.values(SAMPLES).map((samples) => samples[row] ?? null);
    const parameters = types.map((type, index) => `$${index + 2}::text::${type}`);
    await database.client.query(`INSERT INTO t VALUES ($1, ${parameters.join(', ')})`, [row, ...values]);
  }
  expect((await same()).records).toHaveLength(rows);
});

test('any text, in values and in keys', async () => {
  const texts = fc
    .oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.string({ unit: fc.constantFrom(...'"\\{},;: NULL\n\t\u0001é') }),
    )
    .map((text) => text.replaceAll('\0', ''));
  const seed = Date.now() & 0x7fffffff;
  await sql('CREATE TABLE t (id text PRIMARY KEY, note text, list text[])');
  await createBothSlots();
  const row = fc.tuple(texts, texts, fc.array(fc.option(texts), { maxLength: 6 }));
  for (const [index, [id, note, list]] of fc.sample(row, { seed, numRuns: 100 }).entries())
    await database.client.query('INSERT INTO t VALUES ($1, $2, $3)', [`${index} ${id}`, note, list]);
  await sql(`UPDATE t SET id = '-' || id`);
  expect((await same()).records, `seed ${seed}`).toHaveLength(300);
});

test('what wal2json cannot say: NaN and the infinities of numbers are NULL, also where they are asked for as text', async () => {
  await sql('CREATE TABLE t (id int PRIMARY KEY, n numeric, f float8)');
  await createBothSlots();
  await sql(`INSERT INTO t VALUES (1, 'NaN', 'NaN'), (2, 'Infinity', '-Infinity'), (3, NULL, NULL)`);
  const attributes = { n: { column: 'n', as: 'string' }, f: { column: 'f', as: 'string' } } as const;
  const { pgoutput, wal2json } = await streamBoth({ 'public.t': { ...table, attributes } });
  const valuesOf = ({ records }: Stream): unknown =>
    records.map((text) => {
      const { body } = JSON.parse(text) as { body: { n: unknown; f: unknown } };
      return [body.n, body.f];
    });
  expect(valuesOf(pgoutput)).toEqual([
    ['NaN', 'NaN'],
    ['Infinity', '-Infinity'],
    [null, null],
  ]);
  expect(valuesOf(wal2json)).toEqual([
    [null, null],
    [null, null],
    [null, null],
  ]);
});

test('what wal2json cannot say: a logical message ends at its first zero byte', async () => {
  await sql('CREATE TABLE t (id int PRIMARY KEY)');
  await createBothSlots();
  await sql(`SELECT pg_logical_emit_message(true, 'p', '\\x61006200'::bytea)`);
  const { pgoutput, wal2json } = await streamBoth({ 'public.t': table });
  const contentOf = ({ messages }: Stream): unknown => (messages[1] as { content: string }).content;
  expect([contentOf(pgoutput), contentOf(wal2json)]).toEqual(['a\0b\0', 'a']);
});
