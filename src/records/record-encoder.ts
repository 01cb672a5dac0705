import { PreconditionError, ProtocolError, RecordError } from '../errors.ts';
import { LSN_ZERO } from '../lsn.ts';
import type { Delete, Insert, Tuple, Update } from '../replication/messages.ts';
import { type Attribute, compileAttributes, type Mapping } from './attributes.ts';
import { jsonText } from './json-text.ts';
import { ObjectId } from './object-id.ts';
import type { Operation, Refresh, Step } from './operations.ts';
import { RowImage, UNCHANGED_START } from './row-image.ts';
import { Constant, type Slab } from './slab.ts';
import { placeOf, type Transaction } from './transaction.ts';

const UPDATE_HEAD = new Constant('{"action":"updateObject","body":{"objectID":');
const DELETE_HEAD = new Constant('{"action":"deleteObject","body":{"objectID":');
/** All but `{"action":"updateObject","body":` and the brace that closes the operation is the body. */
const BODY_START = UPDATE_HEAD.bytes.indexOf('{"objectID"');
const END = new Constant('}}');
/** Room for what a text may lose beside its halving: the bounds of an array, quotes. */
const SHRINK_SLACK_BYTES = 256;
const NAMED_ATTRIBUTES = 3;

export type EncoderOptions = Mapping & {
  /** Limit of a record: the bytes of its `body`. */
  readonly recordBytesMax: number;
  readonly slab: Slab;
};

/** Turns changes of one relation into operations, which it appends in the order in which they must be applied. */
export type RecordEncoder = {
  insert(change: Insert, transaction: Transaction, into: Step[]): void;
  update(change: Update, transaction: Transaction, into: Step[]): void;
  delete(change: Delete, transaction: Transaction, into: Step[]): void;
  /** The record of a whole row that was read, as the change of a transaction that `asked` knows by its objectID; undefined for other rows. */
  row(row: Tuple, asked: (objectID: string) => Transaction | undefined): Operation | undefined;
  /** What removes a record whose row is gone. */
  absent(objectID: string): Operation;
};

/**
 * Decides for a relation, once, how its rows become records. Throws a ConfigError when the mapping does not fit the relation and an
 * UnknownTypeError for a type that the catalog does not have. Its methods throw a RecordError for a row that cannot be a record.
 */
export function compileEncoder(options: EncoderOptions): RecordEncoder {
  return new CompiledEncoder(options);
}

/** With the largest text that may still become a record; what is larger is refused unread. */
type Field = Attribute & { readonly textBytesMax: number };

class CompiledEncoder implements RecordEncoder {
  readonly #options: EncoderOptions;
  readonly #slab: Slab;
  readonly #index: string;
  readonly #objectId: ObjectId;
  readonly #fields: readonly Field[];
  readonly #sourceTable: Constant;
  readonly #new: RowImage;
  readonly #old: RowImage;
  readonly #isKey: readonly boolean[];
  readonly #knowsOldKey: boolean;
  /**
   * Whether an objectID is that of one row at every moment. With REPLICA IDENTITY FULL nothing says so: another row may have got it
   * before this one left it, as when two swap theirs under a deferred constraint. Every other identity is an index that is
   * checked at once, but of all its columns.
   */
  readonly #isUnique: boolean;

  constructor(options: EncoderOptions) {
    const { relation, table, qualifiedName, slab } = options;
    this.#options = options;
    this.#slab = slab;
    this.#index = table.index;
    this.#objectId = new ObjectId(options);
    this.#fields = compileAttributes(options).map((attribute) => ({
      ...attribute,
      textBytesMax: textBytesMax(attribute, options.recordBytesMax),
    }));
    this.#sourceTable = new Constant(`,"source_table":${jsonText(qualifiedName)}`);
    this.#new = new RowImage(relation.columns.length);
    this.#old = new RowImage(relation.columns.length);
    this.#isKey = relation.columns.map(({ isKey }) => isKey);
    this.#knowsOldKey = this.#objectId.columns.every((column) => this.#isKey[column]);
    this.#isUnique =
      relation.replicaIdentity !== 'full' &&
      this.#isKey.every((isKey, column) => !isKey || this.#objectId.columns.includes(column));
  }

  insert(change: Insert, transaction: Transaction, into: Step[]): void {
    this.#new.read(change.new);
    into.push(this.#image(this.#objectId.read(this.#new, transaction.lsn), transaction));
  }

  update(change: Update, transaction: Transaction, into: Step[]): void {
    this.#requireOldKey('update', transaction);
    this.#new.read(change.new);
    if (change.old !== undefined) {
      this.#old.read(change.old.tuple);
      const isFull = change.old.kind === 'full';
      this.#new.fill(this.#old, (column) => isFull || this.#isKey[column] === true);
    }
    const objectID = this.#objectId.read(this.#new, transaction.lsn);
    if (change.old !== undefined) {
      const old = this.#objectId.read(this.#old, transaction.lsn);
      if (old !== objectID) {
        into.push(this.#removal(old, transaction));
        this.#objectId.read(this.#new, transaction.lsn);
      }
    }
    into.push(this.#image(objectID, transaction));
  }

  delete(change: Delete, transaction: Transaction, into: Step[]): void {
    this.#requireOldKey('delete', transaction);
    this.#old.read(change.old.tuple);
    into.push(this.#removal(this.#objectId.read(this.#old, transaction.lsn), transaction));
  }

  row(row: Tuple, asked: (objectID: string) => Transaction | undefined): Operation | undefined {
    this.#new.read(row);
    const objectID = this.#objectId.read(this.#new, LSN_ZERO);
    const transaction = asked(objectID);
    return transaction && this.#record(objectID, transaction);
  }

  absent(objectID: string): Operation {
    this.#objectId.take(objectID);
    return this.#deletion(objectID);
  }

  /**
   * Postgres leaves out a TOASTed value that an update did not touch, also where the row enters a row filter by it and comes as an
   * insert.
   */
  #image(objectID: string, transaction: Transaction): Operation | Refresh {
    const { spans } = this.#new;
    for (const { column } of this.#fields) {
      if (spans[2 * column] === UNCHANGED_START) return this.#refresh(objectID, transaction, false);
    }
    return this.#record(objectID, transaction);
  }

  #refresh(objectID: string, transaction: Transaction, isRemoval: boolean): Refresh {
    const { qualifiedName: table, recordBytesMax: bytesMax, relation } = this.#options;
    const [index, relationOid] = [this.#index, relation.oid];
    const isChange = true;
    return {
      kind: 'refresh',
      table,
      relationOid,
      index,
      objectID,
      transaction,
      isChange,
      isRemoval,
      bytesMax,
    };
  }

  #removal(objectID: string, transaction: Transaction): Operation | Refresh {
    return this.#isUnique ? this.#deletion(objectID) : this.#refresh(objectID, transaction, true);
  }

  #record(objectID: string, transaction: Transaction): Operation {
    const slab = this.#slab;
    const { recordBytesMax } = this.#options;
    slab.begin();
    slab.append(UPDATE_HEAD);
    this.#objectId.write(slab);
    const { bytes, spans } = this.#new;
    for (const field of this.#fields) {
      slab.append(field.key);
      const { value } = field;
      const start = spans[2 * field.column] as number;
      const end = spans[2 * field.column + 1] as number;
      if (start < 0) {
        if (start === UNCHANGED_START)
          throw new ProtocolError(`${this.#options.qualifiedName}: a row came without "${field.name}"`);
        slab.append(value.nullJson);
        continue;
      }
      if (end - start > field.textBytesMax) throw this.#tooLarge(transaction);
      value.write(slab, bytes, start, end);
      if (slab.position - slab.recordStart > recordBytesMax + BODY_START) throw this.#tooLarge(transaction);
    }
    slab.append(this.#sourceTable);
    slab.append(transaction.wal);
    if (slab.position - slab.recordStart > recordBytesMax + BODY_START + 1) throw this.#tooLarge(transaction);
    return this.#operation('update', objectID);
  }

  #deletion(objectID: string): Operation {
    const slab = this.#slab;
    slab.begin();
    slab.append(DELETE_HEAD);
    this.#objectId.write(slab);
    slab.append(END);
    return this.#operation('delete', objectID);
  }

  #operation(kind: Operation['kind'], objectID: string): Operation {
    const { bytes, recordStart: start, position: end } = this.#slab;
    return { kind, table: this.#options.qualifiedName, index: this.#index, objectID, bytes, start, end };
  }

  #requireOldKey(action: string, transaction: Transaction): void {
    if (this.#knowsOldKey) return;
    const { qualifiedName, table } = this.#options;
    const columns = table.objectID.map((name) => `"${name}"`).join(', ');
    throw new PreconditionError(
      `${qualifiedName}: ${action} ${placeOf(transaction)}, but the replica identity does not ` +
        `hold the objectID (${columns}), so the record it concerns is not known`,
      {
        remedy:
          `ALTER TABLE ${qualifiedName} REPLICA IDENTITY USING INDEX a unique one that holds ${columns}, or FULL; ` +
          `or publish inserts only`,
      },
    );
  }

  /** Says names and sizes, never values. */
  #tooLarge(transaction: Transaction): RecordError {
    const { qualifiedName, recordBytesMax } = this.#options;
    const largest = this.#fields
      .map(({ name, column }) => ({ name, size: this.#new.textBytes(column) }))
      .sort((one, other) => other.size - one.size)
      .slice(0, NAMED_ATTRIBUTES)
      .map(({ name, size }) => `"${name}" ${size}`);
    return new RecordError(
      'too-large',
      `${qualifiedName}: a record is larger than ${recordBytesMax} bytes, ${placeOf(transaction)}; ` +
        `its largest attributes in bytes: ${largest.join(', ')}`,
      {
        remedy:
          'leave large columns out of `attributes`, or raise algolia.recordBytesMax if your plan allows more',
      },
    );
  }
}

function textBytesMax({ value: { shrinks } }: Attribute, recordBytesMax: number): number {
  return shrinks === 1 ? recordBytesMax : shrinks * recordBytesMax + SHRINK_SLACK_BYTES;
}
