import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import { bookmarkSlot } from '../../../src/database/bookmarks/bookmark-slot.ts';
import { SessionLostError } from '../../../src/errors.ts';
import { type Lsn, parseLsn } from '../../../src/lsn.ts';
import { TouchedReading } from '../../../src/replay/touched-reading.ts';
import { drained, lineConfig } from '../../support/line.ts';
import { type ReplayCase, replayCase, TABLES } from './replay-case.ts';

/** Each row fills as much of a socket read as many keys. */
const ROW_CHARACTERS = 1_000;
const ROWS = 3_000;

/** Of all that is committed by now. */
async function reading(it: ReplayCase, onPosition: (lsn: Lsn) => void = () => undefined) {
  const { database, server } = it;
  const [end] = await it.sql('SELECT pg_current_wal_flush_lsn()::text AS lsn');
  await it.sql(`SELECT pg_logical_emit_message(true, 'test', '')`);
  return new TouchedReading({
    session: {
      url: database.url,
      slot: bookmarkSlot(database.slot, 'b'),
      publications: [database.publication],
      plugin: 'pgoutput',
      tables: Object.keys(TABLES),
    },
    until: { lsn: parseLsn(String(end?.['lsn'])) },
    tables: parseConfig(lineConfig(database, server, { tables: TABLES })).tables,
    recordBytesMax: 10_000,
    signal: new AbortController().signal,
    bytesMax: 20_000,
    onPosition,
  });
}

test('more keys than are held at the same time are handed on in parts, all of them, and nothing is read meanwhile', async () => {
  await using it = await replayCase();
  it.startLine();
  await it.bookmark();
  await it.sql(
    `INSERT INTO t SELECT i, 'a', repeat('x', ${ROW_CHARACTERS}) FROM generate_series(1, ${ROWS}) i`,
  );
  await drained(it.database);
  const parts: number[] = [];
  const seen = new Set<string>();
  let isBusy = false;
  const touched = await (await reading(it)).read(async (keys) => {
    expect(isBusy).toBe(false);
    isBusy = true;
    await it.sql('SELECT 1');
    const some = keys.get('public.t') ?? new Set();
    if (some.size > 0) parts.push(some.size);
    for (const key of some) seen.add(key);
    isBusy = false;
  });
  expect(touched.transactions).toBe(1);
  expect(seen.size).toBe(ROWS);
  expect(parts.reduce((sum, size) => sum + size, 0)).toBe(ROWS);
  // As many as fit, and those of the read that filled it and of one more.
  expect(Math.max(...parts)).toBeLessThan(600);
});

test('what a lost session has read is not read again, and keys that were handed on in vain are handed on again', async () => {
  await using it = await replayCase();
  it.startLine();
  await it.bookmark();
  const size = 100;
  for (let first = 1; first <= ROWS; first += size)
    await it.sql(
      `INSERT INTO t SELECT i, 'a', repeat('x', ${ROW_CHARACTERS}) FROM generate_series(${first}, ${first + size - 1}) i`,
    );
  await drained(it.database);
  const positions: Lsn[] = [];
  const done: string[] = [];
  const one = await reading(it, (lsn) => positions.push(lsn));
  let parts = 0;
  const attempt = () =>
    one.read(async (keys) => {
      parts += 1;
      if (parts === 3) throw new SessionLostError('the connection is lost');
      done.push(...(keys.get('public.t') ?? []));
    });
  await expect(attempt()).rejects.toThrow('the connection is lost');
  const before = positions.at(-1);
  const touched = await attempt();
  expect(touched.transactions).toBe(ROWS / size);
  expect(new Set(done).size).toBe(ROWS);
  // Twice come at most those of the transactions that were under way.
  expect(done.length).toBeLessThanOrEqual(ROWS + 2 * size);
  expect(positions).toEqual([...positions].sort((one, other) => Number(one - other)));
  expect(before).toBeGreaterThan(positions[0] as Lsn);
});
