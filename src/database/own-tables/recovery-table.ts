import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import { PreconditionError, SlotInUseError } from '../../errors.ts';
import { tryLock } from '../advisory-lock.ts';
import { postgresFailure } from '../failures.ts';
import { timeProperty, timeText } from '../time-text.ts';
import { COVERAGE_TABLE } from './coverage-plan.ts';
import { lookAtOwnTable, nameOf } from './own-table-plan.ts';
import { RECOVERIES, RECOVERY_TABLE } from './recovery-plan.ts';
import { SLOT_PROGRESS } from './slot-progress-plan.ts';

/** What comes next. */
export type RecoveryStep = 'slot' | 'backfill' | 'repair' | 'verify';

/** One road back. Times are ISO 8601 in UTC; null stands for what is not known. */
export type Recovery = {
  readonly id: string;
  readonly reason: string;
  /** Where the old slot stood. */
  readonly confirmedLsn: string | null;
  readonly confirmedAt: string | null;
  /** From when on rows are loaded again; null for all. */
  readonly since: string | null;
  readonly newLsn: string | null;
  readonly newAt: string | null;
  readonly step: RecoveryStep;
  /** Whose backfill has begun anew, and is gone on with from then on. */
  readonly tablesBegun: readonly string[];
  readonly tablesDone: readonly string[];
  readonly startedAt: string;
  readonly finishedAt: string | null;
};

/** Whoever had the turn keeps it until the server process has noticed that it is gone. */
const TURN_PATIENCE_MS = 3_000;
const TURN_PAUSE_MS = 100;

const FACTS = `id::text AS id, reason, confirmed_lsn::text AS "confirmedLsn", ${timeProperty('confirmed_at', 'confirmedAt')},
  ${timeProperty('since', 'since')}, new_lsn::text AS "newLsn", ${timeProperty('new_at', 'newAt')}, step, tables_begun AS "tablesBegun", tables_done AS "tablesDone",
  ${timeProperty('started_at', 'startedAt')}, ${timeProperty('finished_at', 'finishedAt')}`;

/** Rejects with a PreconditionError where a recovery could not be kept, or nobody would know since when. */
export async function checkRecoveries(client: Client): Promise<void> {
  for (const table of [RECOVERIES, SLOT_PROGRESS]) {
    const { missing } = await lookAtOwnTable(client, table);
    if (missing.length === 0) continue;
    throw new PreconditionError(
      `${nameOf(table)} is not as it must be, and without it a slot that is lost cannot be made anew`,
      { remedy: `Run \`wal2algolia setup\`, or as the owner: ${missing.join('; ')}.` },
    );
  }
}

/** The recoveries of one slot, of which at most one is not finished. Its methods reject with a Wal2AlgoliaError. */
export class RecoveryTable {
  readonly #client: Client;
  readonly #slot: string;

  constructor(client: Client, slot: string) {
    this.#client = client;
    this.#slot = slot;
  }

  /** One command at a time, until the connection ends. */
  async takeTurn(): Promise<void> {
    for (const deadlineMs = performance.now() + TURN_PATIENCE_MS; ; await delay(TURN_PAUSE_MS)) {
      const isMine = await tryLock(this.#client, `wal2algolia recover ${this.#slot}`).catch(
        (error: unknown) => {
          throw postgresFailure(error, 'recoveries');
        },
      );
      if (isMine) return;
      if (performance.now() > deadlineMs) break;
    }
    throw new SlotInUseError(`another \`recover\` of slot "${this.#slot}" is under way`, {
      remedy: 'Let it end; what it has done stays.',
    });
  }

  /** The one that is not finished, where this role may know of it. */
  async open(): Promise<Recovery | undefined> {
    const { isReadable } = await lookAtOwnTable(this.#client, RECOVERIES).catch((error: unknown) => {
      throw postgresFailure(error, 'recoveries');
    });
    if (!isReadable) return undefined;
    const [recovery] = await this.#query<Recovery>(
      `SELECT ${FACTS} FROM ${RECOVERY_TABLE} WHERE slot_name = $1 AND finished_at IS NULL`,
    );
    return recovery;
  }

  async table(table: string, is: 'begun' | 'done'): Promise<void> {
    await this.#query(
      `UPDATE ${RECOVERY_TABLE} SET tables_${is} = tables_${is} || $2::text WHERE slot_name = $1 AND finished_at IS NULL`,
      [table],
    );
  }

  async next(step: RecoveryStep): Promise<void> {
    await this.#query(`UPDATE ${RECOVERY_TABLE} SET step = $2 WHERE slot_name = $1 AND finished_at IS NULL`, [
      step,
    ]);
  }

  /** All tables and indexes were found to agree: gaps up to the new slot stay, and say so from now on. */
  async finish({ newAt }: Recovery): Promise<Recovery | undefined> {
    const [table] = await this.#query<{ covers: boolean }>(
      `SELECT to_regclass('${COVERAGE_TABLE}') IS NOT NULL AND $1 <> '' AS covers`,
    );
    if (table?.covers === true)
      await this.#query(
        `UPDATE ${COVERAGE_TABLE} c SET gaps = (
           SELECT coalesce(jsonb_agg(CASE WHEN gap ->> 'toTime' <= $2 THEN jsonb_build_object('verifiedAt', ${timeText('now()')}) || gap ELSE gap END ORDER BY place), '[]')
           FROM jsonb_array_elements(c.gaps) WITH ORDINALITY each(gap, place))
         WHERE slot_name = $1`,
        [newAt],
      );
    const [recovery] = await this.#query<Recovery>(
      `UPDATE ${RECOVERY_TABLE} SET finished_at = clock_timestamp() WHERE slot_name = $1 AND finished_at IS NULL RETURNING ${FACTS}`,
    );
    return recovery;
  }

  async #query<Row extends Record<string, unknown>>(
    sql: string,
    more: readonly unknown[] = [],
  ): Promise<readonly Row[]> {
    try {
      return (await this.#client.query<Row>(sql, [this.#slot, ...more])).rows;
    } catch (error) {
      throw postgresFailure(error, 'recoveries');
    }
  }
}
