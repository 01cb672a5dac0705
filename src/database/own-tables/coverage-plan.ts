import { literal } from '../quoting.ts';
import { timeText } from '../time-text.ts';
import { nameOf, type OwnTable } from './own-table-plan.ts';

/**
 * What a slot has followed, a row for each: since when, through where as far as that was kept, since when each table, and what it has
 * missed on the way. The times are the server's.
 */
export const COVERAGE: OwnTable = {
  name: 'coverage',
  columns: [
    ['slot_name', 'text PRIMARY KEY'],
    ['from_lsn', 'pg_lsn NOT NULL'],
    ['from_at', 'timestamptz NOT NULL'],
    ['through_lsn', 'pg_lsn'],
    ['through_at', 'timestamptz'],
    ['tables', `jsonb NOT NULL DEFAULT '{}'`],
    ['gaps', `jsonb NOT NULL DEFAULT '[]'`],
  ],
  indexes: {},
  rights: ['SELECT', 'INSERT', 'UPDATE'],
};

export const COVERAGE_TABLE = nameOf(COVERAGE);

/** A gap, as it stands in the column; each part an expression. */
export function gapJson(gap: {
  readonly fromLsn: string;
  readonly fromTime: string;
  readonly toLsn: string;
  readonly toTime: string;
  readonly reason: string;
}): string {
  return `jsonb_build_object('fromLsn', ${gap.fromLsn}, 'fromTime', ${timeText(gap.fromTime)}, 'toLsn', ${gap.toLsn}, 'toTime', ${timeText(gap.toTime)}, 'reason', ${gap.reason})`;
}

/**
 * The statement that notes a slot which was made just now: the first of its name begins the coverage, a later one leaves a gap behind what
 * the one before it has reached.
 */
export function noteNewSlot(slot: string): string {
  const gap = gapJson({
    fromLsn: 'c.through_lsn',
    fromTime: 'c.through_at',
    toLsn: 'excluded.from_lsn',
    toTime: 'excluded.from_at',
    reason: `'the slot was made anew'`,
  });
  return `INSERT INTO ${COVERAGE_TABLE} AS c (slot_name, from_lsn, from_at) SELECT slot_name, confirmed_flush_lsn, clock_timestamp() FROM pg_replication_slots WHERE slot_name = ${literal(slot)} ON CONFLICT (slot_name) DO UPDATE SET gaps = c.gaps || ${gap}, through_lsn = excluded.from_lsn, through_at = excluded.from_at`;
}
