import { expect, test } from 'vitest';
import type { Lsn } from '../../../src/lsn.ts';
import { keyOf } from '../../../src/records/object-id.ts';
import { askedRefresh } from '../../../src/records/refresh-message.ts';

const tables = {
  'public.t': { index: 't', objectID: ['id'] },
  'public.pair': { index: 'pair', objectID: ['a', 'b'], objectIDPrefix: 'p-' },
};
const asked = (content: string, prefix = 'wal2algolia') =>
  askedRefresh(
    { tag: 'message', transactional: true, lsn: 1n as Lsn, prefix, content: Buffer.from(content) },
    tables,
    20,
  );

test('a message names a table and objectIDs of its records', () => {
  expect(asked('{"refresh": {"table": "public.t", "objectIDs": ["1", "a:b"]}}')).toEqual([
    { table: 'public.t', objectID: '1' },
    { table: 'public.t', objectID: 'a:b' },
  ]);
});

test('one of somebody else is nothing to tell of; one that is wrong has a reason, without its content', () => {
  expect(asked('secret', 'other')).toBe('');
  for (const content of [
    'secret',
    '"secret"',
    '{"refresh": "secret"}',
    '{"refresh": {"table": "secret", "objectIDs": []}}',
    '{"refresh": {"table": "public.t", "objectIDs": ["1", 2], "secret": 1}}',
    '{"refresh": {"table": "public.pair", "objectIDs": ["secret"]}}',
  ]) {
    expect(asked(content)).toMatch(/^it/);
    expect(asked(content)).not.toContain('secret');
  }
});

test('one message asks for 100,000 rows at most', () => {
  const content = (keys: number) =>
    JSON.stringify({ refresh: { table: 'public.t', objectIDs: Array.from({ length: keys }, String) } });
  expect(asked(content(100_000))).toHaveLength(100_000);
  expect(asked(content(100_001))).toBe('it asks for more than 100000 rows');
  expect(asked(`{"refresh": {"table": "public.t", "objectIDs": [${'"1",'.repeat(999_984)}"1"]}}`)).toBe(
    'it asks for more than 100000 rows',
  );
});

test('half of a surrogate pair is no part of an objectID', () => {
  for (const half of ['\\ud83d', '\\ude00', 'a\\ude00\\ud83d'])
    expect(asked(`{"refresh": {"table": "public.t", "objectIDs": ["${half}"]}}`)).toMatch(/^its objectIDs/);
  expect(asked('{"refresh": {"table": "public.t", "objectIDs": ["\\ud83d\\ude00"]}}')).toHaveLength(1);
});

test('an objectID gives back the key that it was made of', () => {
  expect(keyOf('x:100%', tables['public.t'])).toEqual(['x:100%']);
  expect(keyOf('p-x%3Ay:100%25%3A', tables['public.pair'])).toEqual(['x:y', '100%:']);
  expect(keyOf('p-:', tables['public.pair'])).toEqual(['', '']);
  for (const other of ['', 'x:y', 'p-x', 'p-x:y:z', 'p-x%20:y'])
    expect(keyOf(other, tables['public.pair'])).toBeUndefined();
});
