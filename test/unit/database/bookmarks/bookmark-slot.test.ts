import { expect, test } from 'vitest';
import {
  BOOKMARK_NAME_MAX,
  bookmarkSlot,
  isBookmarkName,
} from '../../../../src/database/bookmarks/bookmark-slot.ts';

test('every name of a bookmark makes the name of a slot, whatever the main slot is called', () => {
  for (const slot of ['a', 'a'.repeat(63)])
    expect(bookmarkSlot(slot, 'm'.repeat(BOOKMARK_NAME_MAX))).toMatch(/^[a-z0-9_]{1,63}$/);
});

test('no two have the same', () => {
  const names = new Set<string>();
  for (const slot of ['a', 'b', 'a_bookmark', 'a_bookmark_b', 'bookmark'])
    for (const name of ['c', 'b_bookmark_c', 'bookmark_c', '_c', '_']) names.add(bookmarkSlot(slot, name));
  expect(names.size).toBe(25);
});

test('the digest is part of what is on servers already', () => {
  expect(bookmarkSlot('wal2algolia', 'before_v2')).toBe('wal2algolia_bookmark_f4c4d8e6_before_v2');
});

test.each([
  ['before_v2', true],
  ['2', true],
  ['', false],
  ['Before', false],
  ['a b', false],
  ['ä', false],
  ['a\n', false],
])('%j', (name, fits) => {
  expect(isBookmarkName(name)).toBe(fits);
});
