import { expect, test, vi } from 'vitest';
import { bookmarkSlot } from '../../../src/database/bookmarks/bookmark-slot.ts';
import { createBookmark } from '../../../src/database/bookmarks/bookmark-table.ts';
import { lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { bookmarkRows, createLog, otherSlots, TABLES, writeWal } from './bookmark-case.ts';

// For this process the server's clock is a year ahead.
vi.mock('../../../src/sweep/floor-clock.ts', async (original) => {
  const clock = await original<typeof import('../../../src/sweep/floor-clock.ts')>();
  return { ...clock, steadyNowMs: () => clock.steadyNowMs() - 365 * clock.DAY_MS };
});

test('by a clock that is a year ahead no bookmark expires, and a warning says so; what keeps too much WAL goes all the same', async () => {
  await using database = await createDatabase();
  await createLog(database);
  const { client, slot } = database;
  const main = { slot, plugin: 'pgoutput' };
  for (const name of ['old', 'large'])
    await createBookmark(client, main, { name, expiresMs: 1, walMaxBytes: name === 'old' ? 1e12 : 1000 });
  await writeWal(database, 100_000);
  await using server = await startIndex();
  const logged: string[] = [];
  await using _line = startLine(lineConfig(database, server, { tables: TABLES }), {
    onLog: (text) => void logged.push(text),
  });
  await waitFor(() => logged.join('').includes('"bookmark":"large"'), { description: 'the large one to go' });
  expect((await bookmarkRows(database)).map(({ name }) => name)).toEqual(['old']);
  expect(await otherSlots(database)).toEqual([bookmarkSlot(slot, 'old')]);
  expect(logged.join('')).toMatch(
    /the clocks of Postgres and of this process differ, so no bookmark expires/,
  );
});
