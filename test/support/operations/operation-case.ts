import type { ConfigInput } from '../../../src/config/schema.ts';

/**
 * One statement, or several as one string: those make one transaction unless they say otherwise. `:database` stands for the database's
 * name, for what has to be unique in the cluster.
 */
export type OperationStep =
  | string
  /** Has to fail with this SQLSTATE, and takes its transaction with it. */
  | { readonly sql: string; readonly sqlState: string }
  /** `COPY … FROM STDIN` and what follows it. */
  | { readonly copy: string; readonly rows: string };

/** By index: SQL for `object_id` and `record` (jsonb, without `wal`) of all that must be in it in the end, and of nothing else. */
export type ExpectedRecords = Readonly<Record<string, string>>;

/** What an application does to its tables, and what the indexes must hold in the end. */
export type OperationCase = {
  readonly name: string;
  /** The oldest major that has what this is about; default: the oldest of all. */
  readonly majorMin?: number;
  readonly schema: string;
  /** What follows the name in CREATE PUBLICATION; 'setup' for what the command of that name derives. */
  readonly publication: string;
  readonly tables: NonNullable<ConfigInput['tables']>;
  readonly recordBytesMax?: number;
  readonly recordsMax?: number;
  /** Delivered and confirmed before the rest begins. */
  readonly before?: readonly OperationStep[];
  /** While it streams. Where the pipeline is killed all this is delivered twice, so some row of it must still be the same in the end. */
  readonly during: readonly OperationStep[];
  /** Behind that, and while the killed pipeline is down. */
  readonly after?: readonly OperationStep[];
  readonly expected: ExpectedRecords;
  /** For a pipeline that starts only after all this, where that makes a difference. */
  readonly restarted?: {
    readonly tables: NonNullable<ConfigInput['tables']>;
    readonly expected: ExpectedRecords;
  };
  /** That the work is what its name says: conditions in SQL over the tables and `wire`, what pgoutput makes of it. */
  readonly shows: Readonly<Record<string, string>>;
};

type RecordsOptions = {
  readonly objectID?: string;
  /** The configured name. */
  readonly source?: string;
  /** jsonb of the attributes of a row `t`. */
  readonly attributes?: string;
};

/** The records of a table or a query, whose rows are `t`. */
export function recordsSql(
  from: string,
  { objectID = 'id::text', source = 'public.t', attributes = 'to_jsonb(t)' }: RecordsOptions = {},
): string {
  return `SELECT ${objectID} AS object_id,
      ${attributes} || jsonb_build_object('objectID', ${objectID}, 'source_table', '${source}') AS record FROM ${from} t`;
}

/** A condition for `shows`: so many messages like this, or at least one. */
export function sent(condition: string, count?: number): string {
  const number = `(SELECT count(*) FROM wire WHERE ${condition})`;
  return count === undefined ? `${number} > 0` : `${number} = ${count}`;
}

/** A condition on a message: its bytes hold this text. */
export function holds(text: string): string {
  return `position(convert_to('${text}', 'UTF8') IN data) > 0`;
}
