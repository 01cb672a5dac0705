import { testValues } from './value-case.ts';

testValues([
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
]);
