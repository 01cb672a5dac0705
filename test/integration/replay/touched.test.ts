import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import { bookmarkSlot } from '../../../src/database/bookmark-slot.ts';
import { parseLsn } from '../../../src/lsn.ts';
import { readTouched, type TouchedReading } from '../../../src/replay/touched-reading.ts';
import { drained, lineConfig } from '../../support/line.ts';
import { replayCase, TABLES } from './replay-case.ts';

/** Each row fills as much of a socket read as many keys. */
const ROW_CHARACTERS = 1_000;
const ROWS = 3_000;

test('more keys than are held at the same time are handed on in parts, all of them, and nothing is read meanwhile', async () => {
  await using it = await replayCase();
  it.startLine();
  await it.bookmark();
  await it.sql(
    `INSERT INTO t SELECT i, 'a', repeat('x', ${ROW_CHARACTERS}) FROM generate_series(1, ${ROWS}) i`,
  );
  await drained(it.database);
  const [end] = await it.sql('SELECT pg_current_wal_flush_lsn()::text AS lsn');
  await it.sql(`SELECT pg_logical_emit_message(true, 'test', '')`);
  const { database, server } = it;
  const parts: number[] = [];
  const seen = new Set<string>();
  let isBusy = false;
  const reading: TouchedReading = {
    session: {
      url: database.url,
      slot: bookmarkSlot(database.slot, 'b'),
      publications: [database.publication],
      plugin: 'pgoutput',
      tables: Object.keys(TABLES),
      own: undefined,
    },
    until: { lsn: parseLsn(String(end?.['lsn'])) },
    tables: parseConfig(lineConfig(database, server, { tables: TABLES })).tables,
    recordBytesMax: 10_000,
    signal: new AbortController().signal,
    bytesMax: 20_000,
    onKeys: async (keys) => {
      expect(isBusy).toBe(false);
      isBusy = true;
      await it.sql('SELECT 1');
      const some = keys.get('public.t') ?? new Set();
      if (some.size > 0) parts.push(some.size);
      for (const key of some) seen.add(key);
      isBusy = false;
    },
    onPosition: () => undefined,
  };
  const touched = await readTouched(reading);
  expect(touched.transactions).toBe(1);
  expect(seen.size).toBe(ROWS);
  expect(parts.reduce((sum, size) => sum + size, 0)).toBe(ROWS);
  // As many as fit, and those of the read that filled it and of one more.
  expect(Math.max(...parts)).toBeLessThan(600);
});
