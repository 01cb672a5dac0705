import { asText, testValues } from './value-case.ts';

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

testValues([
  { type: 'bool', values: ['true', 'false'], json: 'to_json(v)::text' },
  { type: 'text', values: texts, json: asText },
  { type: 'varchar(40)', values: texts, json: asText },
  { type: 'char(8)', values: ['ab'], json: 'to_json(v)::text' },
  { type: '"char"', values: ['x'], json: asText },
  { type: 'name', values: ['a_name'], json: asText },
  { type: 'uuid', values: ['0198b2c4-7d1e-7a3b-9c5d-2f4e6a8b0c1d'], json: asText },
  { type: 'inet', values: ['10.1.2.3/8', '::1'], json: 'to_json(v)::text' },
  { type: 'cidr', values: ['10.0.0.0/8'], json: asText },
  { type: 'macaddr', values: ['08:00:2b:01:02:03'], json: asText },
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
  {
    type: 'bytea',
    values: ['\\x', '\\x00', '\\xdead', '\\xdeadbe', `\\x${'0123456789abcdef'.repeat(40)}`],
    json: `to_json(translate(encode(v, 'base64'), E'\\n', ''))::text`,
  },
]);
