import { describe, expect, it } from 'vitest';
import { readEvent } from '../../../src/reports/event.ts';
import { facetFiltersOf, judge, millisecondsOf, type Question } from '../../../src/reports/question.ts';

const attributes = { time: 'at', sequence: 'id' };
const forever = { fromMicros: undefined, toMicros: undefined };
const event = (record: Record<string, unknown>) =>
  readEvent(JSON.stringify({ at_ms: 1, ...record }), attributes);
const judged = (record: Record<string, unknown>, question: Partial<Question>) =>
  judge(event(record), { conditions: [], ...forever, ...question }, 'at');
const is = (value: string): Partial<Question> => ({ conditions: [{ attribute: 'v', values: [value] }] });

describe('a window', () => {
  const window = { conditions: [], fromMicros: 1_500_001n, toMicros: 2_000_001n };

  it('asks for whole milliseconds around it', () => {
    expect(millisecondsOf(window)).toEqual({ fromMs: 1_500, toMs: 2_000 });
    expect(millisecondsOf({ ...window, fromMicros: -1n, toMicros: 0n })).toEqual({ fromMs: -1, toMs: -1 });
    expect(millisecondsOf({ ...window, toMicros: 2_000_000n }).toMs).toBe(1_999);
  });

  it.each([
    ['1970-01-01T00:00:01.5Z', 1_500, 'beyond the window'],
    ['1970-01-01T00:00:01.500001Z', 1_500, 'asked for'],
    ['1970-01-01T00:00:02Z', 2_000, 'asked for'],
    ['1970-01-01T00:00:02.000001Z', 2_000, 'beyond the window'],
  ])('judges %s to the microsecond', (at, at_ms, judgement) => {
    expect(judged({ at, at_ms }, window)).toBe(judgement);
  });

  it('counts microseconds before 1970 upwards, as time goes', () => {
    const before = { at: '1969-12-31T23:59:59.999001Z', at_ms: -1 };
    expect(judged(before, { fromMicros: -999n, toMicros: 0n })).toBe('asked for');
    expect(judged(before, { fromMicros: -998n, toMicros: 0n })).toBe('beyond the window');
  });
});

describe('a condition', () => {
  it.each([
    'plain',
    'a:b',
    `"`,
    `it's`,
    `both " and '`,
    'back\\slash',
    'Ünïcödé 日本',
    'AND',
    'x'.repeat(5_000),
  ])('stands in a filter as it is: %.20s', (value) => {
    expect(facetFiltersOf([{ attribute: 'v', values: [value] }])).toEqual([[`v:${value}`]]);
    expect(judged({ v: value }, is(value))).toBe('asked for');
  });

  it('escapes what would be read otherwise, and refuses what cannot be', () => {
    expect(facetFiltersOf([{ attribute: 'v', values: ['-5', '"q"'] }])).toEqual([['v:\\-5', 'v:""q""']]);
    expect(() => facetFiltersOf([{ attribute: 'v', values: [''] }])).toThrow('empty');
    expect(() => facetFiltersOf([{ attribute: 'v', values: ['\\-5'] }])).toThrow('cannot be asked for');
  });

  it('takes values of any kind by their text, and those of a list; case tells them apart', () => {
    expect(judged({ v: 5 }, is('5'))).toBe('asked for');
    expect(judged({ v: ['a', 'b'] }, is('b'))).toBe('asked for');
    expect(judged({ v: 'USR' }, is('usr'))).toBe('differs in case');
    expect(judged({ v: 'other' }, is('usr'))).toBe('something else');
    expect(judged({ v: null }, is('usr'))).toBe('something else');
    expect(judged({ v: { w: 'usr' } }, { conditions: [{ attribute: 'v.w', values: ['usr'] }] })).toBe(
      'asked for',
    );
  });

  it('holds for any of the values, and all conditions have to', () => {
    const conditions = [
      { attribute: 'v', values: ['a', 'b'] },
      { attribute: 'w', values: ['c'] },
    ];
    expect(judged({ v: 'b', w: 'c' }, { conditions })).toBe('asked for');
    expect(judged({ v: 'b', w: 'd' }, { conditions })).toBe('something else');
  });
});
