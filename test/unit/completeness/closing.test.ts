import { expect, it } from 'vitest';
import { Closing, MARGIN_MICROS } from '../../../src/completeness/closing.ts';
import type { Observation } from '../../../src/database/open-transactions.ts';
import type { Lsn } from '../../../src/lsn.ts';

const lsn = (position: number): Lsn => BigInt(position) as Lsn;
const second = 1_000_000n;
const seen = (at: bigint, more: Partial<Observation> = {}): Observation => ({
  nowMicros: at,
  oldestMicros: undefined,
  prepared: [],
  blind: undefined,
  lsn: lsn(100),
  ...more,
});
const at = (seconds: number): bigint => 1_700_000_000n * second + BigInt(seconds) * second;

/** What is closed after each look, all of which the index has. */
function closedAfter(...looks: (Observation | [Observation, bigint])[]): (bigint | undefined)[] {
  const closing = new Closing();
  return looks.map((look) => {
    const [observation, own] = Array.isArray(look) ? look : [look, look.nowMicros];
    closing.observed(observation, own);
    closing.published(observation.lsn);
    return closing.closedThroughMicros;
  });
}

it('closes up to a moment ago once the index has what was in the WAL then, and not before', () => {
  const closing = new Closing();
  closing.observed(seen(at(10)), at(10));
  expect(closing.published(lsn(99))).toBe(false);
  expect(closing.closedThroughMicros).toBe(undefined);
  expect(closing.isWaiting).toBe(true);
  expect(closing.published(lsn(100))).toBe(true);
  expect(closing.closedThroughMicros).toBe(at(10) - MARGIN_MICROS);
  expect(closing.isWaiting).toBe(false);
});

it('closes no further than the oldest open transaction, whatever the clock says', () => {
  expect(closedAfter(seen(at(100), { oldestMicros: at(3) }), seen(at(200)))).toEqual([at(3), at(199)]);
});

it('never goes back, and follows neither clock beyond the other', () => {
  expect(closedAfter(seen(at(100)), seen(at(50)), seen(at(120)))).toEqual([at(99), at(99), at(119)]);
  expect(closedAfter([seen(at(9_999)), at(100)], [seen(at(101)), at(101)])).toEqual([at(99), at(100)]);
  expect(closedAfter([seen(at(100)), at(9_999)])).toEqual([at(99)]);
});

it('holds for a prepared transaction what was known before it was prepared', () => {
  const looks = [
    seen(at(10)),
    seen(at(20), { prepared: ['7'] }),
    seen(at(30), { prepared: ['7'] }),
    seen(at(40)),
  ];
  expect(closedAfter(...looks)).toEqual([at(9), at(9), at(9), at(39)]);
});

it('closes nothing while a prepared transaction is open of which nothing is known', () => {
  expect(closedAfter(seen(at(10), { prepared: ['7'] }), seen(at(20)))).toEqual([undefined, at(19)]);
});

it('knows of a prepared transaction what an earlier process has proven', () => {
  const closing = new Closing();
  closing.learn(at(5));
  closing.observed(seen(at(10), { prepared: ['7'] }), at(10));
  closing.published(lsn(100));
  expect([closing.closedThroughMicros, closing.openSinceMicros]).toEqual([at(5), at(5)]);
});

it('closes nothing while it is blind, and says why', () => {
  const closing = new Closing();
  closing.observed(seen(at(10), { blind: 'pg_read_all_stats' }), at(10));
  closing.published(lsn(100));
  expect([closing.closedThroughMicros, closing.blind]).toEqual([undefined, 'pg_read_all_stats']);
});

it('forgets a look of a session that is over: its WAL may be that of another server', () => {
  const closing = new Closing();
  closing.observed(seen(at(10)), at(10));
  closing.forget();
  expect(closing.published(lsn(1_000))).toBe(false);
  expect(closing.closedThroughMicros).toBe(undefined);
});
