import { asText, testValues } from './value-case.ts';

const jsons = [
  '{"n": 12345678901234567890, "d": 1.10, "e": 1e400, "s": "a\\"b\\\\c\\u0001\\n", "a": [null, true, {}], "": "é"}',
  '[]',
  '"text"',
  '1.10',
  'null',
  '-0.000000000000000000000000000000000001',
];

const documents = [
  ...jsons,
  '{"a": {"b": [{"c": 1.10}, {"c": "x\\"\\u0001é"}, {"c": [1, {"d": null}]}]}}',
  '{"a": {"b": {"1": {"c": 12345678901234567890.00}}}}',
  '{"a": {"b": [1, null]}, "b": {"c": 3}}',
  '[[{"c": 0}], {"b": true}]',
];

testValues([
  ...['json', 'jsonb', 'json_document'].flatMap((type) => [
    { type, values: documents, json: "(v #> '{a,b,1,c}')::text", attribute: { path: 'a.b.1.c' } },
    {
      type,
      values: documents,
      json: "to_json(v #>> '{a,b}')::text",
      attribute: { path: 'a.b', as: 'string' as const },
    },
    { type, values: documents, json: "(v #> '{0,0}')::text", attribute: { path: '0.0' } },
  ]),
  {
    type: 'json',
    values: [' { "a" :\n{"b":1}, "\\u0061": {"b": 2 , "c":\t3}} '],
    json: "(v #> '{a,b}')::text",
    attribute: { path: 'a.b' },
  },
  { type: 'json', values: [...jsons, ' { "a" :\n 1, "a": 2 } '], json: 'v::text' },
  { type: 'jsonb', values: jsons, json: 'v::text' },
  { type: 'jsonb', values: jsons, json: asText, attribute: { as: 'string' } },
  { type: 'json_document', values: jsons, json: 'v::text' },
]);
