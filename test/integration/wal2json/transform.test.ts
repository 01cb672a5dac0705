import { expect, test } from 'vitest';
import { createDeadLetterTable } from '../../support/dead-letter-table.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { expectLoud, LOUD, loud } from '../drafts/transform-case.ts';
import { createSlot, database, sql } from './wal2json-case.ts';

test('a function makes records of what wal2json sends, and of rows that are read again', async () => {
  await sql('CREATE TABLE t (id int PRIMARY KEY, v text, data jsonb)');
  await sql('ALTER TABLE t ALTER data SET STORAGE EXTERNAL');
  await createDeadLetterTable(database);
  await createSlot();
  await using server = await startIndex({ recordBytesMax: 100_000 });
  const operations = new Set<string>();
  await using line = startLine(
    lineConfig(database, server, {
      replication: { slot: database.slot, plugin: 'wal2json' },
      algolia: { recordBytesMax: 100_000 },
      tables: {
        'public.t': {
          index: 't',
          attributes: { id: 'id', v: 'v', data: 'data' },
          transform: async (record, { operation }) => {
            operations.add(operation);
            if (record['v'] === 'bad') throw new Error('bad');
            return loud(record);
          },
        },
      },
    }),
  );
  await sql(
    `INSERT INTO t SELECT n, CASE n % 3 WHEN 0 THEN 'skip' ELSE 'é' END || n, to_jsonb(repeat(md5(n::text), 300)) FROM generate_series(1, 30) n`,
  );
  await sql(`UPDATE t SET v = 'skip' WHERE id = 1; UPDATE t SET v = 'back' WHERE id = 3`);
  await sql(`UPDATE t SET id = 100, v = NULL, data = '{}' WHERE id = 4; DELETE FROM t WHERE id = 5`);
  await sql(`INSERT INTO t VALUES (200, 'bad')`);
  await drained(database);
  const good = `SELECT * FROM (${LOUD}) all_rows WHERE object_id <> '200'`;
  await expectLoud(database, server, 19, good);
  expect([...operations].sort()).toEqual(['insert', 'refresh', 'update']);
  expect(line.status().records.deadLetters).toBe(1);
});
