import { expect, test } from 'vitest';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { backfill, follow, wholeRows } from './backfill-case.ts';

const tables = { 'public.t': { index: 't' } };

test.each([
  ['accepted', { kind: 'slow', firstByteMs: 150, path: '/batch', times: 1_000_000 } as const, 0],
  ['published', undefined, 150],
] as const)(
  'where an index is slow, fewer keys are asked for at once, and more where the limit lets it (confirmed after %s)',
  async (confirmAfter, fault, taskDelayMs) => {
    await using database = await createDatabase();
    const { client } = database;
    await client.query(
      `CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'v' FROM generate_series(1, 3000) i`,
    );
    await follow(database, 't');
    await using server = await startIndex({ taskDelayMs });
    if (fault !== undefined) server.faults.add(fault);
    const config = lineConfig(database, server, { tables, algolia: { confirmAfter } });
    await using line = startLine(config);
    const inFlight = async (lagMaxMs: number): Promise<{ first: number; last: number; most: number }> => {
      const seen: number[] = [];
      let most = 0;
      await backfill(database, config, {
        table: 'public.t',
        lagMaxMs,
        onProgress: ({ keysInFlight, keysInFlightMax }) => {
          seen.push(keysInFlightMax);
          // The chunk that was asked for under an earlier bound is still under way.
          if (seen.length > 15) most = Math.max(most, keysInFlight);
        },
      });
      return { first: seen[0] ?? 0, last: seen.at(-1) ?? 0, most };
    };
    const slow = await inFlight(100);
    expect(slow.first).toBe(1_000);
    expect(slow.last).toBe(100);
    expect(slow.most).toBeLessThanOrEqual(100);
    const fast = await inFlight(60_000);
    expect(fast.last).toBeGreaterThan(1_000);
    await line.stop();
    expectEqual(await compareIndex(client, server, 't', wholeRows('t')), 3_000);
  },
);
