import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CatalogTable } from '../../../src/database/tables.ts';
import { ProtocolError } from '../../../src/errors.ts';
import { changeOf, changeText, decoderOf, type Said, table, textsOf } from './wal2json-text.ts';

/** The text of one value of a table with this one column. */
function textOf(said: Said): unknown {
  return textsOf(changeOf(decodeOne(said), 'insert').new)[0];
}

function decodeOne(said: Said) {
  const one: CatalogTable = { ...table, columns: [] };
  return decoderOf([one])(changeText('I', { columns: [said] }));
}

describe('values are the text that Postgres prints', () => {
  it.each<[string, number, string, string | null]>([
    ['bigint', 20, '9007199254740993', '9007199254740993'],
    ['numeric(6,2)', 1700, '1.10', '1.10'],
    ['numeric', 1700, '123456789012345678901234567890.123456789', '123456789012345678901234567890.123456789'],
    ['numeric', 1700, '-0.000', '-0.000'],
    ['double precision', 701, '1e+300', '1e+300'],
    ['double precision', 701, '-1.5e-05', '-1.5e-05'],
    ['double precision', 701, 'null', null],
    ['boolean', 16, 'true', 't'],
    ['boolean', 16, 'false', 'f'],
    ['boolean', 16, 'null', null],
    ['bytea', 17, '"00ff"', '\\x00ff'],
    ['bytea', 17, '""', '\\x'],
    ['bytea', 17, 'null', null],
    ['jsonb', 3802, '"{\\"a\\": 1.10}"', '{"a": 1.10}'],
    ['text[]', 1009, '"{\\"a\\\\\\"b\\",NULL}"', '{"a\\"b",NULL}'],
    ['text', 25, '"null"', 'null'],
    ['text', 25, '""', ''],
    [
      'text',
      25,
      '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001\\u00e9\\u20AC\\ud83d\\ude00"',
      '"\\/\b\f\n\r\t\u0001é€😀',
    ],
  ])('%s %i %s', (type, oid, json, expected) => {
    expect(textOf(['v', type, oid, json])).toBe(expected);
  });

  it('any text, whichever of its characters are escaped', () => {
    const text = fc.string({ unit: 'binary', maxLength: 60 });
    fc.assert(
      fc.property(text, fc.boolean(), (value, everyUnit) => {
        const json = everyUnit
          ? `"${[...Array(value.length).keys()].map((at) => `\\u${value.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`
          : JSON.stringify(value);
        expect(textOf(['v', 'text', 25, json])).toBe(value);
      }),
      { verbose: 1 },
    );
  });

  it('any number, digit by digit', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 40 });
    const number = fc.tuple(fc.constantFrom('', '-'), digits, fc.option(digits));
    fc.assert(
      fc.property(number, ([sign, whole, fraction]) => {
        const text = sign + whole + (fraction === null ? '' : `.${fraction}`);
        expect(textOf(['v', 'numeric', 1700, text])).toBe(text);
      }),
      { verbose: 1 },
    );
  });

  it.each(['"\\ud83d"', '"\\ud83dx"', '"\\ude00"', '"\\ud83d\\u0041"', '"\\x"', '"\\u12g4"', '[1]', '?'])(
    'refuses %s',
    (json) => {
      expect(() => textOf(['v', 'text', 25, json])).toThrow(ProtocolError);
    },
  );
});

describe('types', () => {
  it.each<[string, number, number]>([
    ['integer', 23, -1],
    ['numeric', 1700, -1],
    ['numeric(10,2)', 1700, ((10 << 16) | 2) + 4],
    ['numeric(5,-2)', 1700, ((5 << 16) | (-2 & 0x7ff)) + 4],
    ['numeric(10,2)[]', 1231, ((10 << 16) | 2) + 4],
    ['character varying(20)', 1043, 24],
    ['character varying', 1043, -1],
    ['character(3)', 1042, 7],
    ['timestamp(3) without time zone', 1114, 3],
    ['timestamp with time zone', 1184, -1],
    ['time(0) with time zone', 1266, 0],
    ['bit varying(5)', 1562, 5],
    ['"char"', 18, -1],
  ])('%s', (type, oid, modifier) => {
    const [relation] = decodeOne(['v', type, oid, 'null']);
    expect(relation).toMatchObject({ columns: [{ name: 'v', typeOid: oid, typeModifier: modifier }] });
  });

  it.each(['"My Type"', '"My Type"(10)', '"S".t', '"a"",""typeoid"":7,""value"":8"'])(
    'a name that is no JSON, as wal2json writes %s',
    (type) => {
      expect(textOf(['v', type, 20_000, '"x"'])).toBe('x');
    },
  );

  it('OIDs beyond 2^31 come with a sign', () => {
    const [relation] = decodeOne(['v', 'mood', -2, '"x"']);
    expect(relation).toMatchObject({ columns: [{ typeOid: 4_294_967_294 }] });
  });

  it('a modifier that the name does not tell stays that of the catalog', () => {
    const columns = [{ name: 'v', typeOid: 1186, typeModifier: 327_679, isKey: false }];
    const decode = decoderOf([{ ...table, columns }]);
    const [relation] = decode(changeText('I', { columns: [['v', 'interval(3)', 1186, 'null']] }));
    expect(relation).toMatchObject({ columns });
  });
});
