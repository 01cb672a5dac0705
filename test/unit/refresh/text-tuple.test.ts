import { expect, test } from 'vitest';
import { textTuple } from '../../../src/refresh/text-tuple.ts';
import { COLUMN_NULL } from '../../../src/replication/messages.ts';

test.each([
  [['1', null, '', 'plain', null]],
  [['é', null, 'plain', '語😀', 'x', '\u{10ffff}']],
  [[null]],
  [['']],
  [[]],
])('a row %j lies in its bytes column by column', (row) => {
  const { bytes, columnCount, locate } = textTuple(row);
  const at = new Int32Array(2 * columnCount);
  locate(at);
  expect(columnCount).toBe(row.length);
  const texts = row.map((_, column) => {
    const start = at[2 * column] as number;
    return start === COLUMN_NULL ? null : bytes.toString('utf8', start, at[2 * column + 1]);
  });
  expect(texts).toEqual(row);
  expect(bytes.toString()).toBe(row.join(''));
});
