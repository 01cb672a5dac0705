import type { Client } from 'pg';
import type { TextForm } from '../storable-text.ts';
import { DEAD_LETTER_TABLE, PLACE_KEY, RECORD_KEY } from './dead-letter-plan.ts';

export type LetterKey = { readonly index: string; readonly objectID: string };

/** Undefined is NULL. */
export type StoredLetter = {
  readonly table: string;
  readonly index: string;
  readonly objectID: string | undefined;
  readonly action: string;
  readonly reason: string;
  readonly message: string;
  readonly httpStatus: number | undefined;
  readonly lsn: string | undefined;
  readonly committedAt: string | undefined;
  readonly place: number | undefined;
  readonly record: string | undefined;
};

/** Of one statement: it is one message, which both sides hold in memory. */
const ROWS_MAX = 2_000;
const LENGTH_MAX = 8_000_000;

export async function removeSettled(
  client: Client,
  slot: string,
  keys: readonly LetterKey[],
  { name }: TextForm,
): Promise<void> {
  for (const some of chunks(keys, ({ objectID }) => objectID.length)) {
    await client.query(
      `DELETE FROM ${DEAD_LETTER_TABLE} letter USING unnest($2::text[], $3::text[]) settled(index_name, object_id)
       WHERE letter.slot_name = $1 AND letter.index_name = settled.index_name AND letter.object_id IS NOT NULL
         AND md5(letter.object_id) = md5(settled.object_id) AND letter.object_id = settled.object_id`,
      [slot, some.map(({ index }) => name(index)), some.map(({ objectID }) => name(objectID))],
    );
  }
}

/** Those without an objectID as well. */
export async function removeTables(
  client: Client,
  slot: string,
  tables: readonly string[],
  { name }: TextForm,
): Promise<void> {
  if (tables.length === 0) return;
  await client.query(`DELETE FROM ${DEAD_LETTER_TABLE} WHERE slot_name = $1 AND table_name = ANY ($2)`, [
    slot,
    tables.map(name),
  ]);
}

/** One letter per record, and per row that has no objectID: one that failed before has failed once more. */
export async function upsert(
  client: Client,
  slot: string,
  letters: readonly StoredLetter[],
  form: TextForm,
): Promise<void> {
  const records = letters.filter(({ objectID }) => objectID !== undefined);
  const keyless = letters.filter(({ objectID }) => objectID === undefined);
  const kinds = [
    [RECORD_KEY, newest(records, ({ index, objectID }) => `${index}\0${objectID}`)],
    [PLACE_KEY, newest(keyless, ({ table, lsn, place }) => `${table}\0${lsn}\0${place}`)],
  ] as const;
  for (const [key, unique] of kinds)
    for (const some of chunks(unique, ({ record = '' }) => record.length))
      await client.query(upsertSql(key), [slot, ...columns(some, form)]);
}

/** What a person did not ask for has a commit; what one did keeps that which it had. */
function upsertSql(key: string): string {
  return `INSERT INTO ${DEAD_LETTER_TABLE} AS kept
      (slot_name, table_name, index_name, object_id, action, reason, message, http_status, lsn, committed_at, place, record)
    SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[],
      $9::pg_lsn[], $10::timestamptz[], $11::int[], $12::text[])
    ON CONFLICT ${key} DO UPDATE SET
      table_name = excluded.table_name, index_name = excluded.index_name, object_id = excluded.object_id,
      action = excluded.action, reason = excluded.reason, message = excluded.message, http_status = excluded.http_status,
      lsn = coalesce(excluded.lsn, kept.lsn), committed_at = coalesce(excluded.committed_at, kept.committed_at),
      record = excluded.record, attempts = kept.attempts + 1, last_failed_at = now()`;
}

/** A statement may not meet the same row twice: the last one stands. */
function newest(
  letters: readonly StoredLetter[],
  keyOf: (letter: StoredLetter) => string,
): readonly StoredLetter[] {
  return [...new Map(letters.map((letter) => [keyOf(letter), letter])).values()];
}

function columns(letters: readonly StoredLetter[], { name, text }: TextForm): unknown[][] {
  return [
    letters.map(({ table }) => name(table)),
    letters.map(({ index }) => name(index)),
    letters.map(({ objectID }) => (objectID === undefined ? null : name(objectID))),
    letters.map(({ action }) => action),
    letters.map(({ reason }) => reason),
    letters.map(({ message }) => text(message)),
    letters.map(({ httpStatus }) => httpStatus ?? null),
    letters.map(({ lsn }) => lsn ?? null),
    letters.map(({ committedAt }) => committedAt ?? null),
    letters.map(({ place }) => place ?? null),
    letters.map(({ record }) => (record === undefined ? null : text(record))),
  ];
}

function* chunks<T>(all: readonly T[], lengthOf: (one: T) => number): Generator<readonly T[]> {
  let some: T[] = [];
  let length = 0;
  for (const one of all) {
    if (some.length > 0 && (some.length === ROWS_MAX || length + lengthOf(one) > LENGTH_MAX)) {
      yield some;
      some = [];
      length = 0;
    }
    some.push(one);
    length += lengthOf(one);
  }
  if (some.length > 0) yield some;
}
