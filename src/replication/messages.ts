import type { Lsn } from '../lsn.ts';

/** One column of a relation, in the order in which tuples carry them. */
export type Column = {
  readonly name: string;
  readonly typeOid: number;
  /** `atttypmod`: -1 when the type takes none. */
  readonly typeModifier: number;
  /** Part of the replica identity; with REPLICA IDENTITY FULL every column is. */
  readonly isKey: boolean;
};

export type ReplicaIdentity = 'default' | 'nothing' | 'full' | 'index';

export type Relation = {
  readonly tag: 'relation';
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly replicaIdentity: ReplicaIdentity;
  readonly columns: readonly Column[];
};

/** What `Tuple.locate` puts in place of a start offset when a column has no text. */
export const COLUMN_NULL = -1;
/** A TOASTed value that the change did not touch: Postgres does not send it. */
export const COLUMN_UNCHANGED = -2;

/**
 * A row image, not yet read. It points into the bytes of one socket read, which the next read may overwrite:
 * use it before the run that carries it has been handled, and keep nothing of it.
 */
export interface Tuple {
  readonly bytes: Buffer;
  readonly columnCount: number;
  /**
   * Writes start and end offset of every column's text (UTF-8, Postgres's output format) into `into`, two numbers per column;
   * the start is COLUMN_NULL or COLUMN_UNCHANGED where there is none.
   */
  locate(into: Int32Array): void;
}

/** Which columns an old image carries: the replica identity's, or all of them (REPLICA IDENTITY FULL). */
export type OldImage = { readonly kind: 'key' | 'full'; readonly tuple: Tuple };

export type Begin = {
  readonly tag: 'begin';
  /** Start of the commit record. */
  readonly commitLsn: Lsn;
  /** Microseconds since 1970, UTC. */
  readonly committedAtMicros: bigint;
  readonly xid: number;
};
export type Insert = { readonly tag: 'insert'; readonly relation: Relation; readonly new: Tuple };
export type Update = {
  readonly tag: 'update';
  readonly relation: Relation;
  /** Absent when the replica identity's columns kept their values. */
  readonly old: OldImage | undefined;
  readonly new: Tuple;
};
export type Delete = { readonly tag: 'delete'; readonly relation: Relation; readonly old: OldImage };
export type Truncate = { readonly tag: 'truncate'; readonly relations: readonly Relation[] };
export type Commit = {
  readonly tag: 'commit';
  /** First byte after the commit record: the one position that may be confirmed for this transaction. */
  readonly endLsn: Lsn;
  readonly committedAtMicros: bigint;
};
export type Origin = { readonly tag: 'origin'; readonly name: string };
export type TypeName = {
  readonly tag: 'type';
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
};
/** What `pg_logical_emit_message` wrote; outside a transaction when it was not transactional. */
export type LogicalMessage = {
  readonly tag: 'message';
  readonly transactional: boolean;
  readonly lsn: Lsn;
  readonly prefix: string;
  readonly content: Buffer;
};
export type Keepalive = {
  readonly tag: 'keepalive';
  readonly walEnd: Lsn;
  readonly replyRequested: boolean;
};

/** Everything a session hands out, in wire order. https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html */
export type WalMessage =
  | Begin
  | Relation
  | Insert
  | Update
  | Delete
  | Truncate
  | Commit
  | Origin
  | TypeName
  | LogicalMessage
  | Keepalive;
