import { expect, test } from 'vitest';
import { serverSettings } from '../../../../src/local/postgres/settings.ts';

test('given settings win over the defaults, but not over those by which the server is reached', () => {
  const settings = serverSettings(5433, true, { wal_level: 'replica', listen_addresses: '*', port: '1' });
  expect(settings.filter((item) => item !== '-c')).toEqual(
    expect.arrayContaining(['wal_level=replica', 'listen_addresses=127.0.0.1', 'port=5433']),
  );
  expect(settings.filter((item) => item.startsWith('port='))).toHaveLength(1);
});

test('only a server that need not be durable runs without fsync', () => {
  expect(serverSettings(1, false, {})).toContain('fsync=off');
  expect(serverSettings(1, true, {})).not.toContain('fsync=off');
  // Without these a commit that was reported could be lost with a kill -9 of Postgres, or the recovery from one fail.
  expect(serverSettings(1, false, {}).join()).not.toMatch(/synchronous_commit|full_page_writes/);
});
