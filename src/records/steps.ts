import { defer, map, type OperatorFunction } from 'rxjs';
import type { TableConfig } from '../config/schema.ts';
import type { TypeCatalog } from '../database/type-catalog.ts';
import { ConfigError, ProtocolError } from '../errors.ts';
import { LSN_ZERO, type Lsn } from '../lsn.ts';
import { OWN_SCHEMA } from '../own-schema.ts';
import type { LogicalMessage, Relation, WalMessage } from '../replication/messages.ts';
import { drafted } from './draft-encoder.ts';
import { isErasureMessage } from './erasure-message.ts';
import type { Exclusions } from './exclusion.ts';
import { type ChangeEncoder, followedOnly, follows, IGNORING } from './followed.ts';
import { forgetting } from './forgetting.ts';
import type { Refresh, Step } from './operations.ts';
import { compileEncoder } from './record-encoder.ts';
import type { ReferenceNames } from './reference-names.ts';
import { askedRefresh, askedTable, refreshSteps } from './refresh-message.ts';
import { Slab } from './slab.ts';
import { type Transaction, transaction } from './transaction.ts';
import { truncation } from './truncation.ts';

export type StepsOptions = {
  /** By qualified name, `schema.table`. */
  readonly tables: Readonly<Record<string, TableConfig>>;
  /** As of the session's start. */
  readonly types: TypeCatalog;
  /** Limit of a record: the bytes of its `body`. */
  readonly recordBytesMax: number;
  /** Where the operations' bytes lie; default: one of its own, in which nothing is released. */
  readonly slab?: Slab;
  /** Configured names by relation OID, as of the session's start: a table keeps its mapping when it is renamed. */
  readonly bindings?: ReadonlyMap<number, string>;
  /** Relations whose changes are none of our business; of any other that is not configured they are an error. */
  readonly passedOver?: ReadonlySet<number>;
  /** Reference tables, by the names of their lookups. */
  readonly lookups?: ReadonlyMap<string, ReferenceNames>;
  /** Rows that get no record. */
  readonly exclusions?: Exclusions | undefined;
  /** Told that the list of erased actors has changed, or is about to. */
  readonly onErasure?: (() => void) | undefined;
  /** Changes of tables that are not configured are passed over; default: they are an error. */
  readonly ignoresOthers?: boolean;
  /** Told of every transaction as it begins. */
  readonly onTransaction?: (xid: number) => void;
  /** Told why a message that asks something of us is not heeded, and for which table it asks where it names one. */
  readonly onIgnored?: (reason: string, table: string | undefined) => void;
};

/**
 * From what a session reads to what is written and confirmed, run by run and in order: an operation for a row, or a draft of one, two where
 * its key changed, a refresh where it did not come whole or a message asks for it, why where it cannot be a record, a truncation per table,
 * and a position for each commit and each quiet keepalive. Positions never go backwards. Errors with a Wal2AlgoliaError at the first change that cannot be followed.
 */
export function steps(options: StepsOptions): OperatorFunction<readonly WalMessage[], readonly Step[]> {
  return (source) =>
    defer(() => {
      const follower = new Follower(options);
      return source.pipe(map((run) => follower.follow(run)));
    });
}

const NO_LOOKUPS: ReadonlyMap<string, ReferenceNames> = new Map();

type Compiled = { readonly relation: Relation; readonly encoder: ChangeEncoder };

/** What one session's stream has said so far. */
class Follower {
  readonly #options: StepsOptions;
  readonly #slab: Slab;
  readonly #bindings: Map<number, string>;
  readonly #compiled = new Map<number, Compiled>();
  #last: Compiled | undefined;
  #transaction: Transaction | undefined;
  #lsn: Lsn = LSN_ZERO;

  constructor(options: StepsOptions) {
    this.#options = options;
    this.#slab = options.slab ?? new Slab();
    this.#bindings = new Map(options.bindings);
  }

  follow(run: readonly WalMessage[]): readonly Step[] {
    const into: Step[] = [];
    for (const message of run) this.#take(message, into);
    return into;
  }

  #take(message: WalMessage, into: Step[]): void {
    switch (message.tag) {
      case 'insert':
        this.#encoder(message.relation).insert(message, this.#open(), into);
        break;
      case 'update':
        this.#encoder(message.relation).update(message, this.#open(), into);
        break;
      case 'delete':
        this.#encoder(message.relation).delete(message, this.#open(), into);
        break;
      case 'begin':
        this.#transaction = transaction(message);
        this.#options.onTransaction?.(message.xid);
        break;
      case 'commit':
        this.#transaction = undefined;
        if (message.endLsn > this.#lsn) this.#lsn = message.endLsn;
        into.push({ kind: 'position', lsn: this.#lsn, committedAtMicros: message.committedAtMicros });
        break;
      case 'keepalive':
        // Inside a transaction its position may lie beyond rows that are still to come.
        if (this.#transaction !== undefined || message.walEnd <= this.#lsn) break;
        this.#lsn = message.walEnd;
        into.push({ kind: 'position', lsn: this.#lsn, committedAtMicros: undefined });
        break;
      case 'relation':
        this.#bind(message);
        break;
      case 'truncate':
        for (const relation of message.relations) {
          if (this.#isPassedOver(relation)) continue;
          for (const names of this.#references(relation)) names.forgetAll();
          if (this.#isReferenceOnly(relation)) continue;
          const { qualifiedName, table } = this.#boundTable(relation);
          if (follows(table, 'truncate')) into.push(truncation(qualifiedName, this.#options.tables));
        }
        break;
      case 'message':
        if (isErasureMessage(message)) this.#options.onErasure?.();
        else for (const refresh of this.#asked(message)) into.push(refresh);
        break;
      case 'origin':
      case 'type':
        break;
    }
  }

  #asked(message: LogicalMessage): readonly Refresh[] {
    const { tables, recordBytesMax, onIgnored } = this.#options;
    const asked = askedRefresh(message, tables, recordBytesMax);
    if (typeof asked !== 'string') return refreshSteps(asked, tables, recordBytesMax);
    if (asked !== '') onIgnored?.(asked, askedTable(message));
    return [];
  }

  #open(): Transaction {
    if (this.#transaction === undefined) throw new ProtocolError('a change came outside a transaction');
    return this.#transaction;
  }

  /** A relation that is described need not change: of a table published by its partition root the partitions are described as well. */
  #bind(relation: Relation): void {
    if (this.#bindings.has(relation.oid)) return;
    const name = `${relation.schema}.${relation.name}`;
    const { tables, lookups = NO_LOOKUPS } = this.#options;
    const isReference = [...lookups.values()].some(({ table }) => table === name);
    if (isReference || Object.hasOwn(tables, name)) this.#bindings.set(relation.oid, name);
  }

  /** Lookups that read their names from this table. */
  #references(relation: Relation): readonly ReferenceNames[] {
    this.#bind(relation);
    const name = this.#bindings.get(relation.oid);
    return [...(this.#options.lookups ?? NO_LOOKUPS).values()].filter(({ table }) => table === name);
  }

  /** Its rows have no records. */
  #isReferenceOnly(relation: Relation): boolean {
    const name = this.#bindings.get(relation.oid) ?? '';
    return !Object.hasOwn(this.#options.tables, name) && this.#references(relation).length > 0;
  }

  /** Tables of ours, and others that are none of our business. A configured table that was moved to our schema is still configured. */
  #isPassedOver(relation: Relation): boolean {
    const isBound = this.#bindings.has(relation.oid);
    if (!isBound && (relation.schema === OWN_SCHEMA || this.#options.passedOver?.has(relation.oid)))
      return true;
    if (!this.#options.ignoresOthers || this.#references(relation).length > 0) return false;
    return !Object.hasOwn(this.#options.tables, this.#bindings.get(relation.oid) ?? '');
  }

  #encoder(relation: Relation): ChangeEncoder {
    const last = this.#last;
    if (last?.relation === relation) return last.encoder;
    const known = this.#compiled.get(relation.oid);
    const compiled = known?.relation === relation ? known : this.#compile(relation);
    this.#last = compiled;
    return compiled.encoder;
  }

  #compile(relation: Relation): Compiled {
    // Nothing comes of what changes in it, whatever publication holds it.
    const encoder = this.#isPassedOver(relation) ? IGNORING : this.#compileFollowed(relation);
    const compiled = { relation, encoder };
    this.#compiled.set(relation.oid, compiled);
    return compiled;
  }

  #compileFollowed(relation: Relation): ChangeEncoder {
    const references = this.#references(relation);
    const encoder = this.#isReferenceOnly(relation) ? IGNORING : this.#compileEncoder(relation);
    return references.length === 0 ? encoder : forgetting(relation, references, encoder);
  }

  #compileEncoder(relation: Relation): ChangeEncoder {
    const { types, recordBytesMax, lookups, exclusions } = this.#options;
    const { qualifiedName, table } = this.#boundTable(relation);
    const what = { relation, table, qualifiedName, types, recordBytesMax, slab: this.#slab };
    const encoder = compileEncoder({ ...what, lookups, exclusions });
    return followedOnly(drafted(encoder, table), table);
  }

  #boundTable(relation: Relation): { readonly qualifiedName: string; readonly table: TableConfig } {
    this.#bind(relation);
    const qualifiedName = this.#bindings.get(relation.oid);
    const table = qualifiedName === undefined ? undefined : this.#options.tables[qualifiedName];
    if (qualifiedName !== undefined && table !== undefined) return { qualifiedName, table };
    const name = `${relation.schema}.${relation.name}`;
    throw new ConfigError(`${name} is published, but not configured`, {
      remedy: `add "${name}" to "tables", or take it out of the publication: ALTER PUBLICATION … DROP TABLE ${name}`,
    });
  }
}
