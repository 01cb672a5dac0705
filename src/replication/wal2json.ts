import type { CatalogTable } from '../database/tables.ts';
import { ProtocolError } from '../errors.ts';
import {
  COLUMN_NULL,
  COLUMN_UNCHANGED,
  type Delete,
  type Insert,
  type OldImage,
  type Relation,
  type Update,
  type WalMessage,
} from './messages.ts';
import { type ColumnList, Wal2JsonTuple } from './wal2json-columns.ts';
import { lsnOf, microsOf, readMessage, type Wal2JsonMessage } from './wal2json-message.ts';
import { type FoundColumn, Shape } from './wal2json-shape.ts';

const NOTHING_KNOWN = Buffer.alloc(0);

/**
 * Decodes wal2json, format version 2, into the messages that pgoutput would give. One per session: relations are known from the catalog
 * at first and from the rows themselves later on, since a session may read what was written before a table was altered.
 * https://github.com/eulerto/wal2json
 */
export class Wal2JsonDecoder {
  /** By qualified name. */
  readonly #shapes: Map<string, Shape>;
  readonly #told = new Set<Relation>();

  constructor(tables: readonly CatalogTable[]) {
    this.#shapes = new Map(tables.map((table) => [`${table.schema}.${table.name}`, shapeOf(table)]));
  }

  /**
   * Appends what a message says, behind a relation where that is news. Row images point into `bytes`, which are written to. Throws a
   * ProtocolError on bytes that are not one whole message.
   */
  decode(bytes: Buffer, into: WalMessage[]): void {
    const message = readMessage(bytes, (table) => this.#shape(table));
    switch (message.action) {
      case 'I':
        into.push(this.#insert(message, into));
        break;
      case 'U':
        into.push(this.#update(message, into));
        break;
      case 'D':
        into.push(this.#delete(message, into));
        break;
      case 'T':
        into.push({ tag: 'truncate', relations: [this.#relation(this.#shape(message.table), into)] });
        break;
      default:
        into.push(boundary(message));
    }
  }

  #insert(message: Wal2JsonMessage, into: WalMessage[]): Insert {
    const { columns } = message;
    let shape = this.#shape(message.table);
    if (columns === undefined) throw incomplete(message);
    if (!columns.isExpected || columns.found.length < shape.columnCount) shape = shape.exactly(columns.found);
    return { tag: 'insert', relation: this.#relation(shape, into), new: image(message, shape, columns) };
  }

  #update(message: Wal2JsonMessage, into: WalMessage[]): Update {
    const { columns, identity } = message;
    let shape = this.#shape(message.table);
    if (columns === undefined) throw incomplete(message);
    if (!columns.isExpected) shape = shape.with(columns.found);
    if (identity !== undefined) shape = identified(shape, identity);
    const relation = this.#relation(shape, into);
    const old =
      identity === undefined || keepsKey(message, shape, columns, identity)
        ? undefined
        : oldImage(message, shape, identity);
    return { tag: 'update', relation, old, new: image(message, shape, columns) };
  }

  #delete(message: Wal2JsonMessage, into: WalMessage[]): Delete {
    const { identity } = message;
    if (identity === undefined) throw incomplete(message);
    const shape = identified(this.#shape(message.table), identity);
    return { tag: 'delete', relation: this.#relation(shape, into), old: oldImage(message, shape, identity) };
  }

  #shape(table: string | undefined): Shape {
    const known = this.#shapes.get(table ?? '');
    if (known === undefined)
      throw new ProtocolError('a wal2json message is of a table that was not asked for');
    return known;
  }

  /** The relation of a shape, told before the first change that has it. */
  #relation(shape: Shape, into: WalMessage[]): Relation {
    const { relation } = shape;
    if (this.#told.has(relation)) return relation;
    this.#shapes.set(`${relation.schema}.${relation.name}`, shape);
    this.#told.add(relation);
    into.push(relation);
    return relation;
  }
}

/** What the catalog says, without the bytes by which messages will say it. */
function shapeOf(table: CatalogTable): Shape {
  return new Shape(
    table,
    table.columns.map((column) => ({ ...column, head: NOTHING_KNOWN })),
  );
}

/** Every update and delete lists the columns of the replica identity, so one that was altered is followed. */
function identified(shape: Shape, identity: ColumnList): Shape {
  return (identity.isExpected ? shape : shape.with(identity.found)).identifiedBy(identity.found);
}

function image({ bytes }: Wal2JsonMessage, shape: Shape, { found }: ColumnList): Wal2JsonTuple {
  return new Wal2JsonTuple(bytes, shape, found, COLUMN_UNCHANGED);
}

function oldImage({ bytes }: Wal2JsonMessage, shape: Shape, { found }: ColumnList): OldImage {
  return shape.relation.replicaIdentity === 'full'
    ? { kind: 'full', tuple: new Wal2JsonTuple(bytes, shape, found, COLUMN_UNCHANGED) }
    : { kind: 'key', tuple: new Wal2JsonTuple(bytes, shape, found, COLUMN_NULL) };
}

/** wal2json repeats a key that was not changed, where pgoutput has no old image. */
function keepsKey(
  { bytes }: Wal2JsonMessage,
  shape: Shape,
  columns: ColumnList,
  identity: ColumnList,
): boolean {
  if (shape.relation.replicaIdentity === 'full') return false;
  return identity.found.every((old) => {
    const now = columns.found.find(({ name }) => name === old.name);
    return now !== undefined && hasSameText(bytes, old, now);
  });
}

function hasSameText(bytes: Buffer, one: FoundColumn, other: FoundColumn): boolean {
  if (one.start < 0 || other.start < 0) return one.start === other.start;
  return bytes.compare(bytes, other.start, other.end, one.start, one.end) === 0;
}

function boundary(message: Wal2JsonMessage): WalMessage {
  const { action, transactional, prefix, content } = message;
  switch (action) {
    case 'B':
      return {
        tag: 'begin',
        commitLsn: lsnOf(message.lsn),
        committedAtMicros: microsOf(message.timestamp),
        xid: message.xid,
      };
    case 'C':
      return {
        tag: 'commit',
        endLsn: lsnOf(message.nextlsn),
        committedAtMicros: microsOf(message.timestamp),
      };
    case 'M':
      return { tag: 'message', transactional, lsn: lsnOf(message.lsn), prefix, content };
    default:
      throw new ProtocolError(`unknown wal2json action ${JSON.stringify(action)}`);
  }
}

function incomplete({ action }: Wal2JsonMessage): ProtocolError {
  return new ProtocolError(`a wal2json message with the action ${JSON.stringify(action)} lacks its columns`);
}
