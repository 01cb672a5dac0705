import type { Client } from 'pg';
import { PreconditionError } from '../../errors.ts';
import { formatLsn, type Lsn } from '../../lsn.ts';
import { DEAD_LETTER_TABLE } from '../dead-letters/dead-letter-plan.ts';
import { lacksTable, postgresFailure } from '../failures.ts';
import { oneRow } from '../one-row.ts';
import { textForm } from '../storable-text.ts';
import { timeText } from '../time-text.ts';
import { readWholeBackfills, type WholeBackfill } from './backfill-list.ts';
import { COVERAGE_TABLE, gapJson } from './coverage-plan.ts';
import { withOwnTable } from './own-table-connection.ts';

/** Times are texts such as `2026-11-23T14:00:00.000000Z`; null stands for what is not known. */
export type CoverageGap = {
  readonly fromLsn: string | null;
  readonly fromTime: string | null;
  readonly toLsn: string | null;
  readonly toTime: string;
  readonly reason: string;
  /** When tables and indexes were found to agree behind it; left out where nobody has compared them. */
  readonly verifiedAt?: string;
};

export type Coverage = {
  readonly fromLsn: string;
  readonly fromTime: string;
  readonly throughTime: string | null;
  /** Since when each configured table is followed. */
  readonly tables: Readonly<Record<string, string>>;
  readonly gaps: readonly CoverageGap[];
};

/** Dead letters whose rows lie between two times, by their own time where their records tell it. */
export type LetterRange = {
  readonly table: string;
  readonly index: string;
  readonly reason: string;
  readonly count: number;
  readonly from: string | null;
  readonly to: string | null;
  readonly committedFrom: string | null;
  readonly committedTo: string | null;
};

const CONNECTION = { purpose: 'coverage', synchronousCommit: 'local' } as const;
/** So many ranges tell where letters are closely enough; fewer letters stand one by one. */
const RANGES_MAX = 300;

/** What one slot has followed, kept in the database; each call on a connection of its own. Its methods reject with a Wal2AlgoliaError. */
export class CoverageTable {
  readonly #url: string;
  readonly #slot: string;

  constructor({ url, slot }: { readonly url: string; readonly slot: string }) {
    this.#url = url;
    this.#slot = slot;
  }

  /**
   * As a session begins at `startLsn`. Notes the slot where nobody has, tables that are new, and gaps that the operator lets pass. Only
   * by whoever holds the slot.
   */
  open(startLsn: Lsn, tables: readonly string[], gaps: readonly string[]): Promise<Coverage> {
    const since = `to_jsonb(CASE WHEN c.tables = '{}' THEN ${timeText('c.from_at')} ELSE ${timeText('now()')} END)`;
    const gap = gapJson({
      fromLsn: 'c.through_lsn',
      fromTime: 'c.through_at',
      toLsn: '$2::pg_lsn',
      toTime: 'now()',
      reason: 'reason',
    });
    return this.#connected(async (client) => {
      const opened = await client.query<Coverage>(
        `INSERT INTO ${COVERAGE_TABLE} AS c (slot_name, from_lsn, from_at, tables)
         SELECT $1, $2::pg_lsn, now(), (SELECT coalesce(jsonb_object_agg(name, ${timeText('now()')}), '{}') FROM unnest($3::text[]) name)
         ON CONFLICT (slot_name) DO UPDATE SET
           tables = (SELECT coalesce(jsonb_object_agg(name, coalesce(c.tables -> name, ${since})), '{}') FROM unnest($3::text[]) name),
           gaps = c.gaps || (SELECT coalesce(jsonb_agg(${gap}), '[]') FROM unnest($4::text[]) reason)
         RETURNING from_lsn::text AS "fromLsn", ${timeText('from_at')} AS "fromTime", ${timeText('through_at')} AS "throughTime", tables, gaps`,
        [this.#slot, formatLsn(startLsn), tables, gaps],
      );
      return oneRow(opened);
    });
  }

  /** Keeps how far the index is complete: where a later gap begins. Resolves with the gaps as they stand: others note what they have compared. */
  keep(throughLsn: Lsn, throughTime: string | undefined): Promise<readonly CoverageGap[]> {
    return this.#connected(async (client) => {
      const { rows } = await client.query<Pick<Coverage, 'gaps'>>(
        `UPDATE ${COVERAGE_TABLE} SET through_lsn = $2, through_at = coalesce($3::timestamptz, through_at) WHERE slot_name = $1 RETURNING gaps`,
        [this.#slot, formatLsn(throughLsn), throughTime ?? null],
      );
      return rows[0]?.gaps ?? [];
    });
  }

  /**
   * The slot's dead letters, many of them as ranges. `timeAttribute` is looked for in their records; where it stands more than once nobody
   * knows which is the row's.
   */
  letters(timeAttribute: string): Promise<readonly LetterRange[]> {
    const key = `"${timeAttribute.replaceAll(/[.\\]/g, '\\$&')}":`;
    return this.#connected(async (client) => {
      const { rows } = await client.query<LetterRange & { encoding: string }>(
        `WITH letter AS (
           SELECT table_name, index_name, reason, committed_at,
                  CASE WHEN regexp_replace(record, $3::text, '') !~ $3
                    THEN substring(record FROM $3 || '"(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,6})?)Z"') END AS text
           FROM ${DEAD_LETTER_TABLE} WHERE slot_name = $1),
         timed AS (
           SELECT *, rpad(text || CASE WHEN text LIKE '%.%' THEN '' ELSE '.' END, 26, '0') COLLATE "C" || 'Z' AS at FROM letter),
         placed AS (
           SELECT *, (row_number() OVER (PARTITION BY table_name, index_name, reason, at IS NULL ORDER BY at, committed_at) - 1)
                     / (count(*) OVER () / $2 + 1) AS place FROM timed)
         SELECT table_name AS "table", index_name AS index, reason, count(*)::float8 AS count,
                min(at) AS from, max(at) AS to,
                CASE WHEN count(committed_at) = count(*) THEN ${timeText('min(committed_at)')} END AS "committedFrom",
                CASE WHEN count(committed_at) = count(*) THEN ${timeText('max(committed_at)')} END AS "committedTo",
                current_setting('server_encoding') AS encoding
         FROM placed GROUP BY table_name, index_name, reason, at IS NULL, place ORDER BY min(at), min(committed_at)`,
        [this.#slot, RANGES_MAX, key],
      );
      return rows.map(({ encoding, table, index, ...range }) => {
        const { nameOf } = textForm(encoding);
        return { table: nameOf(table), index: nameOf(index), ...range };
      });
    });
  }

  /** What has been loaded from before the slot, or is being loaded. */
  backfills(): Promise<readonly WholeBackfill[]> {
    return this.#connected((client) => readWholeBackfills(client, this.#slot));
  }

  async #connected<T>(work: (client: Client) => Promise<T>): Promise<T> {
    try {
      return await withOwnTable(this.#url, CONNECTION, work);
    } catch (error) {
      throw failure(error);
    }
  }
}

function failure(error: unknown): unknown {
  if (!lacksTable(error)) return postgresFailure(error, 'keeping what the slot has followed');
  return new PreconditionError(`${COVERAGE_TABLE} is not there, or may not be written by this role`, {
    cause: error,
    remedy: 'Run `wal2algolia setup`, which makes it and grants what is missing.',
  });
}
