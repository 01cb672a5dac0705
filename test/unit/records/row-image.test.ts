import { expect, test } from 'vitest';
import { ProtocolError } from '../../../src/errors.ts';
import { NULL_START, RowImage, UNCHANGED_START } from '../../../src/records/row-image.ts';
import { COLUMN_NULL, COLUMN_UNCHANGED } from '../../../src/replication/messages.ts';
import { tupleOf, UNCHANGED } from './tuples.ts';

test('the marks are those that a tuple sets', () => {
  expect(NULL_START).toBe(COLUMN_NULL);
  expect(UNCHANGED_START).toBe(COLUMN_UNCHANGED);
});

function texts(image: RowImage, count: number): readonly (string | number | undefined)[] {
  return Array.from({ length: count }, (_, column) => {
    const start = image.spans[2 * column] ?? 0;
    return start < 0 ? start : image.bytes.toString('utf8', start, image.spans[2 * column + 1]);
  });
}

test('columns that did not travel are taken from the old image, as far as it carries them', () => {
  const fresh = new RowImage(4);
  const old = new RowImage(4);
  fresh.read(tupleOf('1', UNCHANGED, UNCHANGED, UNCHANGED));
  old.read(tupleOf('0', 'old', null, 'key only'));
  fresh.fill(old, (column) => column < 3);
  expect(texts(fresh, 4)).toEqual(['1', 'old', NULL_START, UNCHANGED_START]);
});

test('the same where both images lie in one message', () => {
  const { bytes } = tupleOf('1', 'old');
  const at = bytes.indexOf('1');
  const fresh = new RowImage(2);
  const old = new RowImage(2);
  fresh.read({ bytes, columnCount: 2, locate: (into) => into.set([at, at + 1, COLUMN_UNCHANGED, 0]) });
  old.read({ bytes, columnCount: 2, locate: (into) => into.set([at, at + 1, at + 1, at + 4]) });
  fresh.fill(old, () => true);
  expect(fresh.bytes).toBe(bytes);
  expect(texts(fresh, 2)).toEqual(['1', 'old']);
});

test('a tuple of another width than its relation is refused', () => {
  expect(() => new RowImage(2).read(tupleOf('1'))).toThrow(ProtocolError);
});

test('a column without text has no length, whatever the row before had', () => {
  const image = new RowImage(1);
  image.read(tupleOf('four'));
  expect(image.textBytes(0)).toBe(4);
  image.read(tupleOf(null));
  expect(image.textBytes(0)).toBe(0);
});
