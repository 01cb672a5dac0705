import { describe, expect, it } from 'vitest';
import { columnsOf } from '../../../src/reports/columns.ts';
import { csvHeader, csvLine } from '../../../src/reports/csv.ts';
import { readEvent } from '../../../src/reports/event.ts';

const attributes = { time: 'occurred_at', sequence: 'id' };
const event = (text: string) => readEvent(text, attributes);
const cell = (json: string): string => {
  const one = event(`{"v":${json}}`);
  const column = columnsOf([one], 'occurred_at').find(({ name }) => name === 'v');
  return csvLine(column === undefined ? [] : [column], one);
};

describe('a cell', () => {
  it.each([
    ['"plain"', 'plain'],
    ['null', ''],
    ['true', 'true'],
    ['-5', '-5'],
    ['12345678901234567890.10', '12345678901234567890.10'],
    ['"a,b"', '"a,b"'],
    ['"say \\"hi\\""', '"say ""hi"""'],
    ['"two\\nlines"', '"two\nlines"'],
    ['" blank "', '" blank "'],
    ['"Grüße, 日本"', '"Grüße, 日本"'],
    ['{"a":[1,2.50]}', '"{""a"":[1,2.50]}"'],
    ['"=1+1"', "'=1+1"],
    ['"+49"', "'+49"],
    ['"-5"', "'-5"],
    ['"@SUM(A1)"', "'@SUM(A1)"],
    ['"\\t=1"', "'\t=1"],
    ['"\\r=1"', '"\'\r=1"'],
    ['"＝1+1"', "'＝1+1"],
    ['"=\\"a\\",b"', '"\'=""a"",b"'],
  ])('%s is %s', (json, expected) => {
    expect(cell(json)).toBe(`${expected}\r\n`);
  });
});

describe('columns', () => {
  const first = event(
    '{"objectID":"1","id":1,"occurred_at":"2026-11-23T14:00:00.5Z","occurred_at_ms":1,"seen_at":null,"seen_at_ms":null,"took_ms":5,"wal":{"lsn":"0/1","xid":7,"committed_at":"2026-11-23T14:00:01.000000Z","committed_at_ms":2}}',
  );

  it('say the zone of times, leave out their milliseconds, and spell out the commit', () => {
    const columns = columnsOf([first], 'occurred_at');
    expect(csvHeader(columns)).toBe(
      'occurred_at_utc,objectID,id,seen_at_utc,took_ms,wal.committed_at_utc,wal.lsn,wal.xid,more\r\n',
    );
    expect(csvLine(columns, first)).toBe(
      '2026-11-23T14:00:00.5Z,1,1,,5,2026-11-23T14:00:01.000000Z,0/1,7,\r\n',
    );
  });

  it('lose nothing of records that have more than the first ones', () => {
    const columns = columnsOf([first], 'occurred_at');
    const later = event(
      '{"objectID":"2","id":2,"occurred_at":"2026-11-23T14:00:00Z","occurred_at_ms":1,"extra":{"a":1.0}}',
    );
    expect(csvLine(columns, later)).toBe('2026-11-23T14:00:00Z,2,2,,,,,,"{""extra"":{""a"":1.0}}"\r\n');
  });
});
