import { describe, expect, test } from 'vitest';
import { encoderOf, shared } from './record-encoder-case.ts';
import { body, of, relation, row, source, two, types } from './record-encoder-pseudonyms-case.ts';
import { tupleOf } from './tuples.ts';

describe('the key of a row', () => {
  const who = source('actor');
  test.each<[string, string, string, boolean, string?]>([
    ['at', '2025-12-31 23:59:59.999999+00', 'a microsecond before', false],
    ['at', '2026-01-01 00:00:00+00', 'at the border', true],
    ['at', '2026-01-01 00:00:00.000001+00', 'a microsecond after', true],
    ['at', '294276-12-31 23:59:59.999999+00', 'at the end of all time', true],
    ['at', '0044-03-15 12:00:00+00 BC', 'before Christ', false],
    ['at', 'infinity', 'never', true],
    ['at', '-infinity', 'always', false],
    ['local', '2025-12-31 23:59:59.999999', 'in UTC before', false],
    ['local', '2026-01-01 00:00:00', 'in UTC at', true],
    ['local', '2026-01-01 00:59:59.999999', 'in Berlin before', false, 'Europe/Berlin'],
    ['local', '2026-01-01 01:00:00', 'in Berlin at', true, 'Europe/Berlin'],
    ['day', '2025-12-31', 'on the day before', false],
    ['day', '2026-01-01', 'on the day', true],
    ['day', '2026-01-01 BC', 'on that day before Christ', false],
    ['day', 'infinity', 'on no day', true],
  ])('%s %s, %s', (column, time, _, isNew, zone?) => {
    const made = body({ who }, { actor: '7', [column]: time }, two(column, zone));
    expect(made['who']).toBe(of('7', 'user', isNew));
  });

  test('without a time is the first one', () => {
    expect(body({ who }, { actor: '7' }, two('at'))['who']).toBe(of('7'));
  });

  test('may begin at any microsecond', () => {
    const border = Date.UTC(2026, 0, 1) * 1000 + 2;
    const { keys, time } = two('at');
    const late = { time, keys: keys.map((key, at) => (at === 0 ? key : { ...key, fromMicros: border })) };
    for (const [micro, isNew] of [
      [1, false],
      [2, true],
    ] as const) {
      const at = `2026-01-01 00:00:00.00000${micro}+00`;
      expect(body({ who }, { actor: '7', at }, late)['who']).toBe(of('7', 'user', isNew));
    }
  });

  test('and the kind change from row to row, for one actor', () => {
    const table = {
      attributes: { id: 'id', who: source('actor', { kind: { column: 'target_type' } }) },
      pseudonyms: two('at'),
    };
    const encoder = encoderOf(relation, { table, types });
    const rows: [string, string][] = [
      ['2025-01-01', 'user'],
      ['2026-01-01', 'user'],
      ['2025-12-31', 'report'],
      ['2027-01-01', 'report'],
      ['2025-12-31', 'user'],
    ];
    const made = rows.map(([day, target_type]) => {
      const into: { bytes: Buffer; start: number; end: number }[] = [];
      const columns = row({ actor: '7', target_type, at: `${day} 00:00:00+00` });
      encoder.insert({ tag: 'insert', relation, new: tupleOf(...columns) }, shared, into as never);
      return into.map(({ bytes, start, end }) => JSON.parse(bytes.toString('utf8', start, end)).body.who)[0];
    });
    expect(made).toEqual(rows.map(([day, kind]) => of('7', kind, day >= '2026')));
  });
});
