import { expect, it } from 'vitest';
import { agree, compareIds } from '../../../../src/cli/demo/comparison.ts';

it('agrees when the same ids stand on both sides, in any order', () => {
  const comparison = compareIds(['1', '2', '3'], ['3', '1', '2']);
  expect(comparison).toEqual({ rows: 3, records: 3, missing: [], extra: [] });
  expect(agree(comparison)).toBe(true);
  expect(agree(compareIds([], []))).toBe(true);
});

it('is not content with equal counts', () => {
  const comparison = compareIds(['1', '2'], ['2', '9']);
  expect(comparison).toEqual({ rows: 2, records: 2, missing: ['1'], extra: ['9'] });
  expect(agree(comparison)).toBe(false);
});

it('counts an id that is there twice as extra', () => {
  expect(compareIds(['1', '2'], ['1', '1', '2']).extra).toEqual(['1']);
});
