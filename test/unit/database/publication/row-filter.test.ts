import { expect, test } from 'vitest';
import { whereClause } from '../../../../src/database/publication/row-filter.ts';

test('a comment at the end does not swallow the parenthesis', () => {
  expect(whereClause('a = 1')).toBe('WHERE (a = 1)');
  expect(whereClause('a = 1 -- one')).toBe('WHERE (a = 1 -- one\n)');
  expect(whereClause(`a = '--'`)).toBe(`WHERE (a = '--'\n)`);
});
