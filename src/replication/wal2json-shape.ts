import type { JsonScanner } from './json-scanner.ts';
import type { Column, Relation } from './messages.ts';
import type { Described } from './wal2json-head.ts';

/** One column found in a message, and where its text lies. */
export type FoundColumn = Described & { readonly start: number; readonly end: number };

type ShapeColumn = Described & { readonly isKey: boolean };
type Identity = Pick<Relation, 'oid' | 'schema' | 'name' | 'replicaIdentity'>;

/**
 * A relation as far as the messages have told: wal2json describes the columns with every row, but leaves out those whose value
 * did not travel. Never changed but for what it has learned about bytes: another shape is another object.
 */
export class Shape {
  readonly relation: Relation;
  readonly #columns: ShapeColumn[];
  readonly #places: ReadonlyMap<string, number>;

  constructor(identity: Identity, columns: readonly ShapeColumn[]) {
    this.#columns = [...columns];
    this.#places = new Map(columns.map(({ name }, place) => [name, place]));
    const { oid, schema, name, replicaIdentity } = identity;
    this.relation = {
      tag: 'relation',
      oid,
      schema,
      name,
      replicaIdentity,
      columns: columns.map(toColumn),
    };
  }

  get columnCount(): number {
    return this.#columns.length;
  }

  placeOf(name: string): number {
    return this.#places.get(name) ?? -1;
  }

  /** Passes the head that comes next when it is that of a column from place `from` on; undefined when of none. */
  passHead(scanner: JsonScanner, from: number): Described | undefined {
    for (let place = from; place < this.#columns.length; place++) {
      const column = this.#columns[place] as ShapeColumn;
      if (!startsWith(scanner.bytes, scanner.position, column.head)) continue;
      scanner.position += column.head.length;
      return column;
    }
    return undefined;
  }

  /** Remembers the head of a column that is otherwise known; false when it is another column. */
  learn(described: Described): boolean {
    const place = this.placeOf(described.name);
    const known = this.#columns[place];
    if (known === undefined || !isSame(known, described)) return false;
    this.#columns[place] = { ...known, head: described.head };
    return true;
  }

  /** Of these columns and no others: those of an inserted row, which holds all. */
  exactly(found: readonly FoundColumn[]): Shape {
    const isFull = this.relation.replicaIdentity === 'full';
    return new Shape(
      this.relation,
      found.map((each) => this.#adopt(each, isFull)),
    );
  }

  /**
   * With these columns added or altered. One that is missing from an update may be dropped or only too large to travel: it stays until a
   * row is inserted. This shape itself when they are what it has.
   */
  with(found: readonly FoundColumn[]): Shape {
    const isFull = this.relation.replicaIdentity === 'full';
    const columns = [...this.#columns];
    let isNews = false;
    let behind = 0;
    for (const each of found) {
      const place = columns.findIndex(({ name }) => name === each.name);
      const known = columns[place];
      isNews ||= known === undefined || !isSame(known, each);
      if (known === undefined) columns.splice(behind, 0, this.#adopt(each, isFull));
      else if (!isSame(known, each)) columns[place] = this.#adopt(each, known.isKey);
      behind = (known === undefined ? behind : place) + 1;
    }
    return isNews ? new Shape(this.relation, columns) : this;
  }

  /** With the replica identity that this old image has; this one itself when that is what it says already. */
  identifiedBy(identity: readonly FoundColumn[]): Shape {
    const names = new Set(identity.map(({ name }) => name));
    if (this.#columns.every(({ name, isKey }) => names.has(name) === isKey)) return this;
    const isFull = this.#columns.every(({ name }) => names.has(name));
    return new Shape(
      { ...this.relation, replicaIdentity: isFull ? 'full' : 'index' },
      this.#columns.map((column) => ({ ...column, isKey: names.has(column.name) })),
    );
  }

  #adopt(described: Described, isKeyIfNew: boolean): ShapeColumn {
    const known = this.#columns[this.placeOf(described.name)];
    const { name, typeOid, typeModifier, head } = described;
    return {
      name,
      typeOid,
      typeModifier: typeModifier ?? (known?.typeOid === typeOid ? known.typeModifier : undefined),
      head,
      isKey: known?.isKey ?? isKeyIfNew,
    };
  }
}

function toColumn({ name, typeOid, typeModifier = -1, isKey }: ShapeColumn): Column {
  return { name, typeOid, typeModifier, isKey };
}

function isSame(known: Described, other: Described): boolean {
  const { typeOid, typeModifier = known.typeModifier } = other;
  return known.typeOid === typeOid && known.typeModifier === typeModifier;
}

function startsWith(bytes: Buffer, offset: number, head: Buffer): boolean {
  if (head.length === 0) return false;
  for (let index = 0; index < head.length; index++) {
    if (bytes[offset + index] !== head[index]) return false;
  }
  return true;
}
