import { expect, test } from 'vitest';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { waitFor } from '../../support/wait-for.ts';
import { createSlot, database, sql } from './wal2json-case.ts';

const EXPECTED = `SELECT id::text AS object_id,
  to_jsonb(t) || jsonb_build_object('objectID', id::text, 'source_table', 'public.t') AS record FROM t`;
const TOASTED = `(SELECT string_agg(md5(n::text), '') FROM generate_series(1, 100) n)`;

test('the index equals the table after every operation, with sessions cut in the middle', async () => {
  await sql('CREATE TABLE t (id int PRIMARY KEY, note text, n numeric(10,2), large text)');
  await sql('ALTER TABLE t ALTER large SET STORAGE EXTERNAL');
  await createSlot();
  await sql('INSERT INTO t VALUES (0)');
  await using server = await startIndex({ taskDelayMs: 5 });
  const attributes = { id: 'id', note: 'note', n: 'n', large: 'large' };
  await using line = startLine(
    lineConfig(database, server, {
      replication: { slot: database.slot, plugin: 'wal2json' },
      tables: { 'public.t': { index: 't', attributes } },
    }),
  );
  await sql('TRUNCATE t');
  for (let round = 0; round < 5; round++) {
    const streaming = waitFor(() => line.status().state === 'streaming', { description: 'a session' });
    await Promise.race([streaming, line.ended]);
    const first = 1_000 * round;
    await sql(
      `INSERT INTO t SELECT n, 'é "' || n, n / 7.0, ${TOASTED} FROM generate_series(${first + 1}, ${first + 900}) n`,
    );
    await sql(`UPDATE t SET note = 'changed' WHERE id % 3 = 0 AND id > ${first}`);
    await sql(
      `SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '${database.slot}'`,
    );
    await sql(`UPDATE t SET id = -id WHERE id % 50 = 0 AND id > ${first}`);
    await sql(`DELETE FROM t WHERE id % 5 = 1 AND id > ${first}`);
  }
  await drained(database);
  expectEqual(await compareIndex(database.client, server, 't', EXPECTED), 3_000);
  expect(line.status().state).toBe('streaming');
  await line.stop();
});
