import type { Client } from 'pg';
import { PreconditionError } from '../../errors.ts';
import { lookAtOwnTable } from '../own-tables/own-table-plan.ts';
import { type TextForm, textForm } from '../storable-text.ts';
import { timeProperty } from '../time-text.ts';
import { deadLetterFailure } from './dead-letter-failure.ts';
import { DEAD_LETTER_TABLE, DEAD_LETTERS } from './dead-letter-plan.ts';

/** A letter as people see it, without its record. Times are ISO 8601 in UTC. */
export type ListedLetter = {
  readonly id: string;
  readonly table: string;
  readonly index: string;
  readonly objectID: string | null;
  readonly action: string;
  readonly reason: string;
  readonly message: string;
  readonly httpStatus: number | null;
  readonly attempts: number;
  readonly lsn: string | null;
  readonly committedAt: string | null;
  readonly place: number | null;
  readonly firstFailedAt: string;
  readonly lastFailedAt: string;
};

export type LetterFilter = { readonly table?: string | undefined; readonly reason?: string | undefined };

const LISTED = `id::text AS id, table_name AS "table", index_name AS "index", object_id AS "objectID", action, reason,
  coalesce(message, '') AS message, http_status AS "httpStatus", attempts, lsn::text AS lsn, place,
  ${timeProperty('committed_at', 'committedAt')}, ${timeProperty('first_failed_at', 'firstFailedAt')}, ${timeProperty('last_failed_at', 'lastFailedAt')}`;

const MATCHING = `slot_name = $1 AND ($2::text IS NULL OR table_name = $2) AND ($3::text IS NULL OR reason = $3)`;

/** The dead letters of one slot, for the commands that look at them. Its methods reject with a Wal2AlgoliaError. */
export class DeadLetterList {
  readonly #client: Client;
  readonly #slot: string;
  readonly #form: TextForm;

  private constructor(client: Client, slot: string, form: TextForm) {
    this.#client = client;
    this.#slot = slot;
    this.#form = form;
  }

  /** Rejects with a PreconditionError where there is no table, or none that may be read. */
  static async open(client: Client, slot: string): Promise<DeadLetterList> {
    const list = await DeadLetterList.find(client, slot);
    if (list !== undefined) return list;
    throw new PreconditionError(`${DEAD_LETTER_TABLE} is not there, or may not be read by this role`, {
      remedy: 'Run `wal2algolia setup`, which makes it and grants what is missing.',
    });
  }

  /** Undefined where there is no table, or none that may be read. */
  static async find(client: Client, slot: string): Promise<DeadLetterList | undefined> {
    try {
      const { isReadable } = await lookAtOwnTable(client, DEAD_LETTERS);
      if (!isReadable) return undefined;
      const { rows } = await client.query<{ encoding: string }>(
        `SELECT current_setting('server_encoding') AS encoding`,
      );
      return new DeadLetterList(client, slot, textForm(rows[0]?.encoding ?? ''));
    } catch (error) {
      throw deadLetterFailure(error);
    }
  }

  /** The newest failures first. `total` counts what the filter matches. */
  async list(
    filter: LetterFilter,
    limit: number | undefined,
  ): Promise<{ readonly letters: readonly ListedLetter[]; readonly total: number }> {
    const values = this.#matching(filter);
    const letters = await this.#query<ListedLetter>(
      `SELECT ${LISTED} FROM ${DEAD_LETTER_TABLE} WHERE ${MATCHING} ORDER BY last_failed_at DESC, id DESC LIMIT $4`,
      [...values, limit ?? null],
    );
    const [counted] = await this.#query<{ total: number }>(
      `SELECT count(*)::float8 AS total FROM ${DEAD_LETTER_TABLE} WHERE ${MATCHING}`,
      values,
    );
    return { letters: letters.map((letter) => this.#readable(letter)), total: counted?.total ?? 0 };
  }

  /** Those of the ids that there are. */
  async byId(ids: readonly string[]): Promise<readonly ListedLetter[]> {
    const letters = await this.#query<ListedLetter>(
      `SELECT ${LISTED} FROM ${DEAD_LETTER_TABLE} WHERE slot_name = $1 AND id = ANY ($2::bigint[]) ORDER BY id`,
      [this.#slot, ids],
    );
    return letters.map((letter) => this.#readable(letter));
  }

  /** The record of a letter: null for a deletion, and where it was too large to keep. */
  async record(id: string): Promise<string | null> {
    const [row] = await this.#query<{ record: string | null }>(
      `SELECT record FROM ${DEAD_LETTER_TABLE} WHERE slot_name = $1 AND id = $2::bigint`,
      [this.#slot, id],
    );
    return row?.record ?? null;
  }

  /** How many letters each table has. */
  async counts(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#query<{ table: string; letters: number }>(
      `SELECT table_name AS "table", count(*)::float8 AS letters FROM ${DEAD_LETTER_TABLE} WHERE slot_name = $1 GROUP BY 1 ORDER BY 1`,
      [this.#slot],
    );
    return new Map(rows.map(({ table, letters }) => [this.#form.nameOf(table), letters]));
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.#query(`DELETE FROM ${DEAD_LETTER_TABLE} WHERE slot_name = $1 AND id = ANY ($2::bigint[])`, [
      this.#slot,
      ids,
    ]);
  }

  #matching({ table, reason }: LetterFilter): unknown[] {
    return [this.#slot, table === undefined ? null : this.#form.name(table), reason ?? null];
  }

  #readable(letter: ListedLetter): ListedLetter {
    const { nameOf } = this.#form;
    const { objectID } = letter;
    return {
      ...letter,
      table: nameOf(letter.table),
      index: nameOf(letter.index),
      objectID: objectID === null ? null : nameOf(objectID),
    };
  }

  async #query<Row extends object>(sql: string, values: unknown[]): Promise<Row[]> {
    try {
      return (await this.#client.query<Row>(sql, values)).rows;
    } catch (error) {
      throw deadLetterFailure(error);
    }
  }
}
