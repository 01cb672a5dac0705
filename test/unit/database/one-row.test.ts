import { expect, it } from 'vitest';
import { oneRow } from '../../../src/database/one-row.ts';

it('is the row, and no answer is an error', () => {
  expect(oneRow({ rows: [{ lsn: '0/1' }] })).toEqual({ lsn: '0/1' });
  expect(() => oneRow({ rows: [] })).toThrow('a one-row question without a row');
});
