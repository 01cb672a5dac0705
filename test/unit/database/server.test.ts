import { expect, test } from 'vitest';
import { checkServer, matchesStandbyNames } from '../../../src/database/server.ts';
import { PreconditionError } from '../../../src/errors.ts';

test.each([
  ['', false],
  ['*', true],
  ['"*"', true],
  ['wal2algolia', true],
  ['WAL2ALGOLIA', true],
  ['a, wal2algolia', true],
  ['a,b', false],
  ['FIRST 1 (a, "wal2algolia")', true],
  ['ANY 2 (s1, s2, *)', true],
  ['2 (s1, wal2algolia)', true],
  ['first 2 (s1, s2)', false],
  ['"wal2algolia control"', false],
  ['"with ""quotes"", wal2algolia"', false],
])('synchronous_standby_names = %j matches: %s', (setting, matches) => {
  expect(matchesStandbyNames(setting, 'wal2algolia')).toBe(matches);
});

const good = {
  version: 180_004,
  versionText: '18.4',
  database: 'app',
  encoding: 'UTF8',
  walLevel: 'logical',
  inRecovery: false,
  walSenderTimeoutMs: 60_000,
  synchronousStandbyNames: '',
  role: 'cdc',
  mayReplicate: true,
  systemId: '7',
  timeline: 1,
};

test('a server that meets everything passes', () => {
  expect(() => checkServer(good, 'wal2algolia')).not.toThrow();
});

test.each([
  [{ version: 130_000, versionText: '13.1' }, /13\.1 is too old/],
  [{ inRecovery: true }, /standby/],
  [{ walLevel: 'replica' }, /wal_level is replica/],
  [{ encoding: 'SQL_ASCII' }, /SQL_ASCII/],
  [{ mayReplicate: false }, /role "cdc"/],
  [{ synchronousStandbyNames: '*' }, /synchronous_standby_names/],
])('%j is a precondition with a remedy', (difference, message) => {
  const check = () => checkServer({ ...good, ...difference }, 'wal2algolia');
  expect(check).toThrow(PreconditionError);
  expect(check).toThrow(message);
  expect(check).toThrow(expect.objectContaining({ remedy: expect.stringMatching(/\w/), exitCode: 78 }));
});
