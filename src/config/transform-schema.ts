import { z } from 'zod';

export type JsonValue = string | number | boolean | null | JsonValue[] | { [name: string]: JsonValue };

/** A record as the mapping makes it of a row; a copy, which may be changed. `wal` is put in behind the transform. */
export type MappedRecord = { objectID: string; source_table: string; [attribute: string]: JsonValue };

/** What brought a record, as far as that is known. */
export type Change = {
  /** Configured name of the table. */
  readonly table: string;
  /** `refresh`: the row was read again, since its change did not carry it whole or somebody asked. */
  readonly operation: 'insert' | 'update' | 'refresh';
  readonly objectID: string;
  /** Start of the commit record, as Postgres prints it; undefined, like the others, for a row that was read because somebody asked. */
  readonly lsn: string | undefined;
  readonly xid: number | undefined;
  /** ISO 8601 in UTC, with microseconds. */
  readonly committedAt: string | undefined;
};

/**
 * Makes the record that is sent of the one that the mapping gives; null keeps the row out of the index. What it throws or rejects with
 * makes a dead letter of the row.
 */
export type TransformFunction = (
  record: MappedRecord,
  change: Change,
) => object | null | Promise<object | null>;

/**
 * A function as such. Every function has an `apply` of its own, whose type would keep the editor from telling what that of the object below
 * is given.
 */
type BareFunction = {
  (...given: Parameters<TransformFunction>): ReturnType<TransformFunction>;
  readonly apply: object;
};

export type TransformConfig = {
  readonly apply: TransformFunction;
  /** What it returns depends on the record alone, so that table and index can be compared. */
  readonly isPure: boolean;
};

const transformText =
  'a function of record and change, or {apply: such a function, isPure: true}; only a configuration in JavaScript or TypeScript can have one';

function callable<T extends TransformFunction>(error: string) {
  return z.custom<T>((value) => typeof value === 'function', { error });
}

export const transform = z
  .union(
    [
      z.strictObject(
        {
          apply: callable<TransformFunction>('a function of record and change'),
          isPure: z.boolean({ error: 'true or false' }).default(false),
        },
        { error: transformText },
      ),
      callable<BareFunction>(transformText),
    ],
    { error: transformText },
  )
  .transform(
    (given): TransformConfig => (typeof given === 'function' ? { apply: given, isPure: false } : given),
  );
