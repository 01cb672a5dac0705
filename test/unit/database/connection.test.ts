import { expect, test } from 'vitest';
import { clientConfig } from '../../../src/database/connection.ts';

const options = { applicationName: 'wal2algolia' };

test('what the encoding of values depends on comes last, so that the URL cannot change it; its own options stay', () => {
  const url =
    'postgres://u:p@h/db?sslmode=require&application_name=mine&options=-c%20DateStyle%3DGerman%20-c%20wal_sender_timeout%3D2s';
  const config = clientConfig(url, { ...options, settings: { synchronous_commit: 'local' } });
  expect(config.connectionString).toBe('postgres://u:p@h/db?sslmode=require');
  expect(config.application_name).toBe('wal2algolia');
  const set: string[] = String(config.options).match(/-c \S+/g) ?? [];
  expect(set.slice(0, 3)).toEqual([
    '-c wal_sender_timeout=30s',
    '-c DateStyle=German',
    '-c wal_sender_timeout=2s',
  ]);
  for (const pinned of ['DateStyle=ISO', 'TimeZone=UTC', 'bytea_output=hex', 'synchronous_commit=local']) {
    expect(set.lastIndexOf(`-c ${pinned}`)).toBeGreaterThan(2);
  }
});

test('a URL without parameters stays as it is, also for a socket', () => {
  expect(clientConfig('postgres:///db', options).connectionString).toBe('postgres:///db');
  expect(clientConfig('postgres:///db?host=/run/pg', options).connectionString).toBe(
    'postgres:///db?host=%2Frun%2Fpg',
  );
});
