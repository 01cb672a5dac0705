import { expect, test } from 'vitest';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { createLog, facts, insertRows, intruder, verified } from '../verify/verify-case.ts';

test('table and index are compared, and repaired, by wal2json as well', async () => {
  await using database = await createDatabase();
  await createLog(database, { plugin: 'wal2json' });
  await using server = await startIndex();
  const tables: ConfigInput['tables'] = {
    'public.t': {
      index: 't',
      objectID: ['id'],
      attributes: { id: 'id', occurred_at: 'occurred_at', v: 'v' },
    },
  };
  const replication = { slot: database.slot, plugin: 'wal2json' as const };
  const config = { ...lineConfig(database, server, { tables }), replication };
  await using line = startLine(config);
  await insertRows(database, 1, 60);
  await drained(database);
  using index = intruder(server);
  await index.remove('10');
  await index.alter('20', { v: 'altered' });
  await index.put({ objectID: '900', v: 'extra' });
  const limits = { rowsPerWindow: 15 };
  expect(facts(await verified(database, config, { limits, repairs: true }))).toMatchObject({
    rows: 60,
    counts: [1, 1, 1, 3],
    listed: ['differing 20 v', 'extra 900', 'missing 10'],
  });
  expect(facts(await verified(database, config, { limits }))).toEqual({
    rows: 60,
    records: 60,
    counts: [0, 0, 0, 0],
    excused: {},
    listed: [],
  });
  await line.stop();
});
