import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { startIndex } from '../../support/line.ts';
import { createDatabase, serverMajor } from '../../support/postgres.ts';
import { clientOf } from '../local-algolia/served.ts';
import { commandFor } from './dead-letter-case.ts';

const INDEX = 'audit_log';

test('of the standard mapping exactly its columns are published, and its settings derived', async () => {
  await using database = await createDatabase();
  await database.client.query(await readFile('postgres/audit-log.sql', 'utf8'));
  await using server = await startIndex();
  const tables = { 'public.audit_log': { index: INDEX, attributes: 'audit' as const, settings: {} } };
  await using command = await commandFor(database, server, { tables });
  const { code, stderr } = await command.end('setup', '--json');
  expect(code, stderr).toBe(0);
  const { rows } = await database.client.query(
    `SELECT attnames::text AS columns FROM pg_publication_tables WHERE pubname = $1`,
    [database.publication],
  );
  // The list of every version that has lists; Postgres 14 publishes all.
  if (serverMajor() >= 15)
    expect(rows).toEqual([
      {
        columns:
          '{id,occurred_at,actor_type,actor_id,action,target_type,target_id,outcome,request_id,source,tenant,before,after,tx_id}',
      },
    ]);
  const settings = await clientOf(server.port, server.appId, server.adminKey).getSettings({
    indexName: INDEX,
  });
  expect(settings).toMatchObject({
    searchableAttributes: [
      ...[
        'actor_type',
        'actor_id',
        'action',
        'target_type',
        'target_id',
        'target_key',
        'outcome',
        'request_id',
      ],
      ...[
        'source',
        'tenant',
        'summary',
        'changed_fields',
        'unordered(changes.before)',
        'unordered(changes.after)',
      ],
    ],
    attributesForFaceting: [
      ...['hour_utc', 'day_utc', 'actor_type', 'searchable(actor_id)', 'action', 'op', 'target_type'],
      ...[
        'filterOnly(target_id)',
        'filterOnly(target_key)',
        'outcome',
        'filterOnly(request_id)',
        'filterOnly(tx_id)',
        'source',
        'tenant',
      ],
      'changed_fields',
    ],
    numericAttributesForFiltering: [
      'seq',
      'occurred_at_ms',
      'tx_id',
      'changes_truncated',
      'wal.committed_at_ms',
    ],
    customRanking: ['desc(seq)'],
    disableTypoToleranceOnAttributes: ['actor_id', 'target_id', 'target_key', 'request_id'],
  });
  expect(settings.ranking?.[0]).toBe('desc(occurred_at_ms)');
});
