import type { Client } from 'pg';
import { literal } from '../quoting.ts';
import { timeText } from '../time-text.ts';
import { COVERAGE_TABLE, gapJson } from './coverage-plan.ts';
import { RECOVERY_TABLE } from './recovery-plan.ts';
import { SLOT_PROGRESS_TABLE } from './slot-progress-plan.ts';

export type RecoveryOptions = {
  /** How long before the last confirmed time rows are loaded again. */
  readonly marginSeconds: number;
  /** Whoever asks may make the slot and nothing else. */
  readonly slotOnly?: boolean;
};

type Wanted = {
  readonly slot: string;
  readonly plugin: string;
  readonly coverage: boolean;
  /** What stands in place of the slot. */
  readonly found: 'lost' | 'missing' | 'new';
} & RecoveryOptions;

/**
 * A slot in the place of one that is lost or gone. What is known of the old one is written down before it is dropped, so that whoever is killed at
 * any of these statements finds at the next call where to go on.
 */
export async function recoveryStatements(client: Client, wanted: Wanted): Promise<readonly string[]> {
  const { slot, plugin, coverage, found } = wanted;
  return [
    await begin(client, wanted),
    // Never one that can be read.
    ...(found === 'lost'
      ? [
          `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = ${literal(slot)} AND wal_status = 'lost'`,
        ]
      : []),
    ...(found === 'new'
      ? []
      : [`SELECT pg_create_logical_replication_slot(${literal(slot)}, ${literal(plugin)})`]),
    noteNew(slot, coverage),
  ];
}

/** A time that is still to come was noted by a clock that stood wrong. */
const LATEST_AT = 'max(at) FILTER (WHERE at <= now())';

/** The latest that was noted of the slot, as rows of `lsn` and `at`; of tables that are there. */
function notedSql(slot: string, tables: { readonly progress: boolean; readonly coverage: boolean }): string {
  const of = literal(slot);
  return [
    'SELECT NULL::pg_lsn AS lsn, NULL::timestamptz AS at',
    ...(tables.progress
      ? [
          `SELECT confirmed_lsn, LEAST(confirmed_at, noted_at) FROM ${SLOT_PROGRESS_TABLE} WHERE slot_name = ${of} AND confirmed_at > '-infinity'`,
        ]
      : []),
    ...(tables.coverage
      ? [`SELECT through_lsn, through_at FROM ${COVERAGE_TABLE} WHERE slot_name = ${of}`]
      : []),
  ].join(' UNION ALL ');
}

/** When the slot was confirmed last, as far as anybody noted it: ISO 8601 in UTC, null where nobody did. Rejects with `pg`'s error. */
export async function readLastConfirmed(client: Client, slot: string): Promise<string | null> {
  const tables = await notingTables(client);
  const { rows } = await client.query<{ at: string | null }>(
    `SELECT ${timeText(LATEST_AT)} AS at FROM (${notedSql(slot, tables)}) noted`,
  );
  return rows[0]?.at ?? null;
}

async function notingTables(client: Client): Promise<{ progress: boolean; coverage: boolean }> {
  const { rows } = await client.query<{ progress: boolean; coverage: boolean }>(
    'SELECT to_regclass($1) IS NOT NULL AS progress, to_regclass($2) IS NOT NULL AS coverage',
    [SLOT_PROGRESS_TABLE, COVERAGE_TABLE],
  );
  return rows[0] ?? { progress: false, coverage: false };
}

/** Of an unfinished one what it knew first stays, and all steps come again: its slot was lost, too. */
async function begin(client: Client, { slot, marginSeconds }: Wanted): Promise<string> {
  const { coverage } = await notingTables(client);
  return [
    `INSERT INTO ${RECOVERY_TABLE} AS r (slot_name, reason, confirmed_lsn, confirmed_at, since)`,
    `SELECT ${literal(slot)}, CASE WHEN s.slot_name IS NULL THEN 'missing' ELSE coalesce(to_jsonb(s) ->> 'invalidation_reason', 'lost') END,`,
    `coalesce(s.confirmed_flush_lsn, known.lsn), known.at, known.at - interval '${marginSeconds} seconds'`,
    // By then the table for it is there.
    `FROM (SELECT max(lsn) AS lsn, ${LATEST_AT} AS at FROM (${notedSql(slot, { progress: true, coverage })}) noted) known`,
    `LEFT JOIN pg_replication_slots s ON s.slot_name = ${literal(slot)} AND s.wal_status = 'lost'`,
    `ON CONFLICT (slot_name) WHERE finished_at IS NULL DO UPDATE SET new_lsn = NULL, new_at = NULL, step = 'slot', tables_begun = '{}', tables_done = '{}'`,
  ].join(' ');
}

/** Once: the new slot's beginning, and the gap before it where a status record tells of gaps. */
function noteNew(slot: string, coverage: boolean): string {
  const noted = [
    `UPDATE ${RECOVERY_TABLE} r SET new_lsn = s.confirmed_flush_lsn, new_at = clock_timestamp(), step = 'backfill'`,
    `FROM pg_replication_slots s WHERE s.slot_name = ${literal(slot)} AND r.slot_name = s.slot_name AND r.finished_at IS NULL AND r.new_lsn IS NULL AND s.confirmed_flush_lsn IS NOT NULL`,
  ].join(' ');
  if (!coverage) return noted;
  const gap = gapJson({
    fromLsn: 'r.confirmed_lsn',
    fromTime: 'r.confirmed_at',
    toLsn: 'excluded.from_lsn',
    toTime: 'excluded.from_at',
    reason: `'the slot was made anew'`,
  });
  return [
    `WITH made AS (${noted} RETURNING r.slot_name, r.new_lsn, r.new_at)`,
    `INSERT INTO ${COVERAGE_TABLE} AS c (slot_name, from_lsn, from_at) SELECT slot_name, new_lsn, new_at FROM made`,
    // Somebody may be reading through the new slot by now.
    `ON CONFLICT (slot_name) DO UPDATE SET through_lsn = GREATEST(c.through_lsn, excluded.from_lsn), through_at = GREATEST(c.through_at, excluded.from_at),`,
    `gaps = c.gaps || (SELECT ${gap} FROM ${RECOVERY_TABLE} r WHERE r.slot_name = c.slot_name AND r.finished_at IS NULL)`,
  ].join(' ');
}
