import { asText, testValues } from './value-case.ts';

const finite = `CASE WHEN v::text IN ('NaN', 'Infinity', '-Infinity') THEN 'null' ELSE v::text END`;
const finiteText = `CASE WHEN v::text IN ('NaN', 'Infinity', '-Infinity') THEN 'null' ELSE ${asText} END`;

testValues([
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
  // https://www.postgresql.org/docs/15/release-15.html: scales below zero
  { type: 'numeric(3,-5)', sinceMajor: 15, values: ['12300000'], json: finite },
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
  {
    type: 'text',
    values: ['1.50', ' +07 ', '-.5', '-12345678901234567890.10'],
    json: 'to_json(v::numeric)::text',
    attribute: { as: 'number' },
  },
]);
