import type { Client } from 'pg';
import { OWN_SCHEMA } from '../own-schema.ts';
import { identifier, literal } from './quoting.ts';
import { timeText } from './time-text.ts';

export const COVERAGE_TABLE = `${OWN_SCHEMA}.coverage`;

/**
 * What a slot has followed, a row for each: since when, through where as far as that was kept, since when each table, and what it has
 * missed on the way. The times are the server's.
 */
const COLUMNS =
  `slot_name text PRIMARY KEY, from_lsn pg_lsn NOT NULL, from_at timestamptz NOT NULL, through_lsn pg_lsn,
  through_at timestamptz, tables jsonb NOT NULL DEFAULT '{}', gaps jsonb NOT NULL DEFAULT '[]'`.replace(
    /\s+/g,
    ' ',
  );

const RIGHTS = ['SELECT', 'INSERT', 'UPDATE'] as const;

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

/** What is missing for the role to keep the coverage of its slot; the schema is there by then. */
export async function planCoverage(
  client: Client,
  role: string,
  maker?: 'somebody else',
): Promise<readonly string[]> {
  const { rows } = await client.query<{ exists: boolean; isSelf: boolean; rights: string[] }>(
    `SELECT c.oid IS NOT NULL AS exists, $1::name = current_user AS "isSelf",
            ARRAY(SELECT r FROM unnest($3::text[]) r WHERE has_table_privilege($1::name, c.oid, r)) AS rights
     FROM (SELECT 1) one LEFT JOIN pg_namespace n ON n.nspname = $2
     LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'coverage' AND c.relkind = 'r'`,
    [role, OWN_SCHEMA, RIGHTS],
  );
  const { exists = false, isSelf = false, rights = [] } = rows[0] ?? {};
  const isMaker = isSelf && maker === undefined;
  const lacked = !exists && isMaker ? [] : RIGHTS.filter((right) => !rights.includes(right));
  return [
    ...(exists ? [] : [`CREATE TABLE IF NOT EXISTS ${COVERAGE_TABLE} (${COLUMNS})`]),
    ...(lacked.length === 0
      ? []
      : [`GRANT ${lacked.join(', ')} ON ${COVERAGE_TABLE} TO ${identifier(role)}`]),
  ];
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
