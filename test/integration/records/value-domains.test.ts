import { instant, testValues, timestampNull } from './value-case.ts';

testValues([
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
]);
