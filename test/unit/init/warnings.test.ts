import { describe, expect, it } from 'vitest';
import type { FoundTable } from '../../../src/database/found-tables.ts';
import { proposeTable } from '../../../src/init/proposal.ts';
import { type Surroundings, warnings } from '../../../src/init/warnings.ts';
import { column, table, uniqueIndex } from './found.ts';

const QUIET: Surroundings = { serverVersion: 180_000, role: 'setup', identityHolds: true };
const COLUMNS = [column('id', 'bigint'), column('action'), column('note')];

function warned(more: Partial<FoundTable> = {}, surroundings: Partial<Surroundings> = {}): string {
  const found = table('app.log', COLUMNS, { uniqueIndexes: [uniqueIndex(['id'])], ...more });
  const proposal = proposeTable(found, 'log', { defaults: new Map(), serverZone: 'UTC' });
  if (proposal === undefined) throw new Error('nothing was proposed');
  return warnings(proposal, { ...QUIET, ...surroundings }).join('\n');
}

it('says nothing of an empty table that has all it needs', () => {
  expect(warned()).toBe('');
});

describe('says what is in the way', () => {
  it.each<[string, Partial<FoundTable>, Partial<Surroundings>, RegExp]>([
    ['no index', { uniqueIndexes: [] }, {}, /no unique index covers the objectID \(id\): there is none/],
    [
      'a partial index',
      { uniqueIndexes: [uniqueIndex(['id'], { isPartial: true })] },
      {},
      /id_key covers only some of the rows/,
    ],
    [
      'an index with NULLs',
      { uniqueIndexes: [uniqueIndex(['id'], { allowsNull: true })] },
      {},
      /id_key allows NULL/,
    ],
    ['no identity', {}, { identityHolds: false }, /Inserts are all that is configured/],
    ['another owner', { isOwned: false, owner: 'boss' }, {}, /belongs to role "boss", and role "setup"/],
    ['partitions', { kind: 'partitioned' }, {}, /published by its root/],
    ['an old server', {}, { serverVersion: 140_000 }, /before Postgres 15 every column is published/],
    ['rows', { rowsEstimate: 12_345, bytesEstimate: 1e6 }, {}, /about 12,345 rows are there already/],
    ['rows never counted', { rowsEstimate: null }, {}, /is not known/],
    ['large rows', { rowsEstimate: 10, bytesEstimate: 1e6 }, {}, /more than 10 kB on average/],
    [
      'a person in the objectID',
      {
        columns: [column('user_id', 'bigint'), column('action')],
        uniqueIndexes: [uniqueIndex(['user_id'])],
      },
      {},
      /the objectID shows "user_id"/,
    ],
    [
      'a time without zone',
      { columns: [...COLUMNS, column('at', 'timestamp')] },
      {},
      /at without time zone is read as UTC, since nothing in the catalog says another/,
    ],
  ])('%s', (_, more, surroundings, expected) => {
    expect(warned(more, surroundings)).toMatch(expected);
  });
});
