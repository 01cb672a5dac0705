import type { Config } from '../../config/schema.ts';
import type { Recovery } from '../../database/own-tables/recovery-table.ts';
import type { Slot } from '../../database/slot.ts';
import { formatLsn } from '../../lsn.ts';
import type { Road } from './recovery-road.ts';
import type { TableAgain } from './recovery-tables.ts';

/** What `recover` finds before it does anything. Times are ISO 8601 in UTC; null stands for what nobody knows. */
export type Found = {
  readonly road: Road;
  readonly slot: Slot | undefined;
  /** Begun earlier, and not finished. */
  readonly open: Recovery | undefined;
  readonly confirmedAt: string | null;
  readonly since: string | null;
  readonly tables: readonly TableAgain[];
};

/** The road, a step a line. */
export function foundLines({ replication }: Config, found: Found): readonly string[] {
  const { road, slot, open, confirmedAt, tables } = found;
  const name = `slot "${replication.slot}"`;
  const reason = slot?.invalidationReason === undefined ? '' : ` (${slot.invalidationReason})`;
  const state = {
    replace: `${name} is lost${reason}; it was confirmed through ${slot === undefined ? '' : formatLsn(slot.confirmedLsn)}`,
    make: `${name} is not there`,
    'go-on': `${name} is the new one`,
  }[road];
  const done = open?.tablesDone ?? [];
  return [
    state,
    ...(open === undefined ? [] : [`a recovery that began at ${open.startedAt} is not finished: it goes on`]),
    `confirmed last, as far as it was noted: ${confirmedAt ?? 'nobody knows when'}`,
    ...(road === 'go-on' ? [] : [road === 'replace' ? '1. drop the slot, make it anew' : '1. make the slot']),
    ...(road === 'go-on' && open?.step !== 'slot' && open?.step !== 'backfill'
      ? []
      : [
          '2. backfill',
          ...tables.map(
            ({ table, rows }) =>
              `   ${table}: ${road === 'go-on' && done.includes(table) ? 'done before' : rows}`,
          ),
        ]),
    '3. compare tables and indexes as a whole, have read again what differs',
    '4. compare once more, where anything differed',
  ];
}

/** For --json. */
export function factsOf({ replication }: Config, { road, slot, open, confirmedAt, since, tables }: Found) {
  return {
    slot: {
      name: replication.slot,
      found: slot === undefined ? 'missing' : slot.walStatus,
      reason: slot?.invalidationReason ?? null,
      confirmedLsn: slot === undefined ? null : formatLsn(slot.confirmedLsn),
    },
    road,
    isResumed: open !== undefined,
    confirmedAt,
    since,
    tables: tables.map(({ table, rows }) => ({ table, rows })),
  };
}
