import { asText, testValues } from './value-case.ts';

const jsons = [
  '{"n": 12345678901234567890, "d": 1.10, "e": 1e400, "s": "a\\"b\\\\c\\u0001\\n", "a": [null, true, {}], "": "é"}',
  '[]',
  '"text"',
  '1.10',
  'null',
  '-0.000000000000000000000000000000000001',
];

testValues([
  { type: 'json', values: [...jsons, ' { "a" :\n 1, "a": 2 } '], json: 'v::text' },
  { type: 'jsonb', values: jsons, json: 'v::text' },
  { type: 'jsonb', values: jsons, json: asText, attribute: { as: 'string' } },
  { type: 'json_document', values: jsons, json: 'v::text' },
]);
