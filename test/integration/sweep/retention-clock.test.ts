import { expect, test, vi } from 'vitest';
import { lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { createLog, floors } from './retention-case.ts';

// For this process the server's clock is a year ahead.
vi.mock('../../../src/sweep/floor-clock.ts', async (original) => {
  const clock = await original<typeof import('../../../src/sweep/floor-clock.ts')>();
  return { ...clock, steadyNowMs: () => clock.steadyNowMs() - 365 * clock.DAY_MS };
});

test('by a clock that is a year ahead nothing gets too old, and a warning says so', async () => {
  await using database = await createDatabase();
  await createLog(database);
  await using server = await startIndex();
  const logged: string[] = [];
  const tables = { 'public.t': { index: 't', objectID: ['id'], retention: { days: 30 } } };
  await using _line = startLine(lineConfig(database, server, { tables }), {
    onLog: (line) => void logged.push(line),
  });
  await database.client.query(`INSERT INTO t VALUES (1, now() - interval '200 days', 'a')`);
  await waitFor(() => server.record('t', '1'), { description: 'its record' });
  expect(await floors(database)).toEqual([]);
  expect(logged.join('\n')).toMatch(/the clocks of Postgres and of this process differ/);
});
