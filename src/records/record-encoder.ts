import { ProtocolError, RecordError, type RecordProblem } from '../errors.ts';
import type { Delete, Insert, Tuple, Update } from '../replication/messages.ts';
import { compileExclusion, type Exclusions, type RowExclusion } from './exclusion.ts';
import { ObjectId } from './object-id.ts';
import type { Draft, Operation, Refresh, Step, Unchanged, Unfit } from './operations.ts';
import { encodedBytesMax, readBytesMax } from './record-field.ts';
import { RecordWriter, type WriterOptions } from './record-writer.ts';
import { RowImage, UNCHANGED_START } from './row-image.ts';
import { placeOf, type Transaction } from './transaction.ts';
import { unknownOldKey } from './unknown-old-key.ts';

export type EncoderOptions = WriterOptions & {
  /** Rows that get no record. */
  readonly exclusions?: Exclusions | undefined;
};

export type Encoded = Operation | Draft | Unfit | Unchanged;

/**
 * Turns changes of one relation into operations, which it appends in the order in which they must be applied. In the place of one for a
 * row that cannot be a record stands why; in that of one that must not be, what removes it.
 */
export type RecordEncoder = {
  insert(change: Insert, transaction: Transaction, into: Step[]): void;
  update(change: Update, transaction: Transaction, into: Step[]): void;
  delete(change: Delete, transaction: Transaction, into: Step[]): void;
  /** The record of a whole row that was read, as the change of a transaction that `asked` knows by its objectID; undefined for other rows. */
  row(row: Tuple, asked: (objectID: string) => Transaction | undefined): Encoded | undefined;
  /** What removes a record whose row is gone. */
  absent(objectID: string): Operation;
};

/**
 * Decides for a relation, once, how its rows become records. Throws a ConfigError when the mapping does not fit the relation and an
 * UnknownTypeError for a type that the catalog does not have.
 */
export function compileEncoder(options: EncoderOptions): RecordEncoder {
  return new CompiledEncoder(options);
}

class CompiledEncoder implements RecordEncoder {
  readonly #options: EncoderOptions;
  readonly #index: string;
  readonly #bytesMax: number;
  readonly #objectId: ObjectId;
  readonly #writer: RecordWriter;
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
  readonly #exclusion: RowExclusion | undefined;

  constructor(options: EncoderOptions) {
    const { relation, table } = options;
    this.#options = options;
    this.#index = table.index;
    this.#objectId = new ObjectId(options);
    this.#bytesMax = encodedBytesMax(table, options.recordBytesMax);
    const { recordBytesMax: sentBytesMax } = options;
    this.#writer = new RecordWriter({ ...options, recordBytesMax: this.#bytesMax, sentBytesMax });
    this.#exclusion = compileExclusion(options, options.exclusions);
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
    into.push(this.#image(this.#objectId.read(this.#new), transaction, 'insert'));
  }

  update(change: Update, transaction: Transaction, into: Step[]): void {
    this.#requireOldKey('update', transaction);
    this.#new.read(change.new);
    if (change.old !== undefined) {
      this.#old.read(change.old.tuple);
      const isFull = change.old.kind === 'full';
      this.#new.fill(this.#old, (column) => isFull || this.#isKey[column] === true);
    }
    const objectID = this.#objectId.read(this.#new);
    if (change.old !== undefined) {
      const old = this.#oldKey(transaction);
      if (old !== objectID) {
        if (old !== undefined) into.push(this.#removal(old, transaction));
        this.#objectId.read(this.#new);
      }
    }
    into.push(this.#image(objectID, transaction, 'update'));
  }

  delete(change: Delete, transaction: Transaction, into: Step[]): void {
    this.#requireOldKey('delete', transaction);
    this.#old.read(change.old.tuple);
    const old = this.#oldKey(transaction);
    if (old !== undefined) into.push(this.#removal(old, transaction));
  }

  row(row: Tuple, asked: (objectID: string) => Transaction | undefined): Encoded | undefined {
    this.#new.read(row);
    const objectID = this.#objectId.read(this.#new);
    const transaction = objectID === undefined ? undefined : asked(objectID);
    return transaction && this.#record(objectID, transaction, 'refresh');
  }

  absent(objectID: string): Operation {
    this.#objectId.take(objectID);
    return this.#deletion(objectID);
  }

  /** Undefined for a row that had none: it never had a record either. */
  #oldKey(transaction: Transaction): string | undefined {
    const objectID = this.#objectId.read(this.#old);
    if (objectID !== undefined) return objectID;
    const { spans } = this.#old;
    if (this.#objectId.columns.some((column) => spans[2 * column] === UNCHANGED_START))
      throw new ProtocolError(
        `${this.#options.qualifiedName}: an old row came without its key, ${placeOf(transaction)}`,
      );
    return undefined;
  }

  /** A TOASTed value may be missing where the row enters a row filter by an update and comes as an insert, too. */
  #image(objectID: string | undefined, transaction: Transaction, change: Draft['change']): Encoded | Refresh {
    if (objectID === undefined || this.#writer.isWhole(this.#new))
      return this.#record(objectID, transaction, change);
    return this.#refresh(objectID, transaction, false);
  }

  #refresh(objectID: string, transaction: Transaction, isRemoval: boolean): Refresh {
    const { qualifiedName: table, table: config, recordBytesMax, relation } = this.#options;
    const bytesMax = readBytesMax(config, recordBytesMax);
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

  #record(objectID: string | undefined, transaction: Transaction, change: Draft['change']): Encoded {
    const reason = this.#exclusion?.reason(this.#new);
    if (reason !== undefined)
      return this.#excluded(objectID, transaction, reason === 'expired' && change === 'insert');
    if (objectID === undefined) return this.#keyless(transaction);
    const { qualifiedName, slab } = this.#options;
    try {
      if (this.#writer.update(this.#new, this.#objectId, transaction))
        return this.#whole(objectID, transaction, change);
    } catch (error) {
      if (!(error instanceof RecordError)) throw error;
      slab.takeBack();
      return this.#unfit(objectID, error.problem, error.message, transaction);
    }
    slab.takeBack();
    const message =
      `${qualifiedName}: a record is larger than ${this.#bytesMax} bytes, ${placeOf(transaction)}; ` +
      `its largest attributes in bytes: ${this.#writer.largest(this.#new, change === 'refresh')}`;
    return this.#unfit(objectID, 'too-large', message, transaction);
  }

  /** Whatever was there of it before, by a delivery that nobody remembers, goes: at once, or where an old row was inserted, by the sweep. */
  #excluded(objectID: string | undefined, transaction: Transaction, isOld: boolean): Operation | Unchanged {
    if (objectID !== undefined && !isOld) return this.#deletion(objectID);
    // So that those behind it keep their places.
    if (objectID === undefined) transaction.keyless += 1;
    return { kind: 'unchanged', index: this.#index, objectID };
  }

  #keyless(transaction: Transaction): Unfit {
    const missing = this.#objectId.missing(this.#new);
    const message = `${this.#options.qualifiedName}: the objectID of a row ${missing}, ${placeOf(transaction)}`;
    transaction.keyless += 1;
    return {
      ...this.#unfit(undefined, 'no-object-id', message, transaction),
      place: transaction.keyless,
      record: this.#writer.keyless(this.#new, transaction),
    };
  }

  #unfit(
    objectID: string | undefined,
    problem: RecordProblem,
    message: string,
    transaction: Transaction,
  ): Unfit {
    const { qualifiedName: table } = this.#options;
    const index = this.#index;
    return {
      kind: 'unfit',
      table,
      index,
      objectID,
      problem,
      message,
      transaction,
      place: undefined,
      record: undefined,
    };
  }

  #whole(objectID: string, transaction: Transaction, change: Draft['change']): Operation | Draft {
    const operation = this.#operation('update', objectID);
    const { wanted } = this.#writer;
    if (wanted === undefined) return operation;
    const bytesMax = this.#writer.namedBytesMax(operation.end - operation.start);
    return {
      ...operation,
      kind: 'draft',
      transaction,
      change,
      unfinished: [{ kind: 'names', wanted, bytesMax }],
    };
  }

  #deletion(objectID: string): Operation {
    this.#writer.delete(this.#objectId);
    return this.#operation('delete', objectID);
  }

  #operation(kind: Operation['kind'], objectID: string): Operation {
    const { bytes, recordStart: start, position: end } = this.#options.slab;
    return { kind, table: this.#options.qualifiedName, index: this.#index, objectID, bytes, start, end };
  }

  #requireOldKey(action: string, transaction: Transaction): void {
    if (this.#knowsOldKey) return;
    throw unknownOldKey(this.#options, action, placeOf(transaction));
  }
}
