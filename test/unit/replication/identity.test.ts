import { expect, test } from 'vitest';
import { parseLsn } from '../../../src/lsn.ts';
import { forkIn } from '../../../src/replication/identity.ts';

/** As the manual shows it: https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-TIMELINES */
const HISTORY =
  '1\t0/1756A18\tno recovery target specified\n\n2\t1A/2000000\tbefore 2026-11-24 10:00:00+00\n';

test.each([
  [1, '0/1756A18'],
  [2, '1A/2000000'],
])('timeline %i was left at %s', (timeline, fork) => {
  expect(forkIn(HISTORY, timeline)).toBe(parseLsn(fork));
});

test('a timeline that is no ancestor was never left', () => {
  expect(forkIn(HISTORY, 3)).toBeUndefined();
  expect(forkIn('', 1)).toBeUndefined();
});
