import { expect, test } from 'vitest';
import { loaded, problem } from './pseudonyms-case.ts';

const retention = { days: 365 };
const expiryOf = async (table: object, more = {}) =>
  (await loaded({ table: { attributes: undefined, ...table }, more })).tables['a.b']?.expiry;

test('the time is the column of keys.timeAttribute, or the one that is named, with the zone of its attribute', async () => {
  const time = { column: 'occurred_at', attribute: 'occurred_at', timeZone: undefined };
  expect(await expiryOf({ retention })).toEqual({ days: 365, sweepPerSecond: 50, time });
  expect(await expiryOf({ retention, attributes: 'audit' })).toEqual({ days: 365, sweepPerSecond: 50, time });
  const attributes = {
    hour: { column: 'at', as: 'hour' },
    'at the time': 'at',
    at: { column: 'at', timeZone: 'Europe/Berlin' },
  };
  const named = { retention: { days: 1, sweepPerSecond: 5 }, time: 'at', attributes };
  const berlin = { column: 'at', attribute: 'at', timeZone: 'Europe/Berlin' };
  expect(await expiryOf(named)).toEqual({ days: 1, sweepPerSecond: 5, time: berlin });
  const renamed = { retention, attributes: { created: 'created_at' } };
  const created = { column: 'created_at', attribute: 'created', timeZone: undefined };
  expect(await expiryOf(renamed, { keys: { timeAttribute: 'created' } })).toMatchObject({ time: created });
  expect(await expiryOf({})).toBeUndefined();
});

test('without a time in rows or records it is said what is missing', async () => {
  expect(await problem({ table: { retention, attributes: { v: 'v' } } })).toMatch(
    /a\.b.*time.*missing: expected the column of a row's own time/,
  );
  expect(await problem({ table: { retention, time: 'at', attributes: { v: 'v' } } })).toMatch(
    /retention.*expected an attribute of the column "at" as it is/,
  );
  const parts = { at: { column: 'at', as: 'day' }, 'with space': 'at' };
  expect(await problem({ table: { retention, time: 'at', attributes: parts } })).toMatch(/as it is/);
});

test.each([
  {},
  { days: 0 },
  { days: 1.5 },
  { days: 40_000 },
  { days: 1, sweepPerSecond: 0 },
  { recordsMax: 5 },
  { days: 1, recordsMax: 1_000 },
  { sweepPerSecond: 5 },
])('refused: %j', async (given) => {
  expect(await problem({ table: { attributes: undefined, retention: given } })).toMatch(/retention/);
});

test('records are counted by index, so a number of them needs one that no other table shares', async () => {
  const counted = { retention: { recordsMax: 1_000 } };
  expect(await expiryOf(counted)).toMatchObject({ recordsMax: 1_000, sweepPerSecond: 50 });
  const tables = {
    'a.b': { index: 'i', objectIDPrefix: 'b:', ...counted },
    'a.c': { index: 'i', objectIDPrefix: 'c:' },
  };
  const told = await problem({ table: { attributes: undefined, ...counted }, more: { tables } });
  expect(told).toMatch(/a\.b.*retention\.recordsMax.*an index of its own: "i" also takes a\.c/);
});
