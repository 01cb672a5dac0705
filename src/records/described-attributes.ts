import type {
  ChangesAttribute,
  ColumnAttribute,
  ConstantAttribute,
  PseudonymAttribute,
} from '../config/attribute-schema.ts';
import type { TypeCatalog } from '../database/type-catalog.ts';
import { columnIndex, type Mapping, TRUNCATED_SUFFIX, wantedAttributes } from './attributes.ts';
import { type ColumnType, hasMillis, underlyingType } from './column-type.ts';
import { fitsDouble } from './numbers.ts';

/** What the values of an attribute are good for, whatever their type is called. A list is what its elements are. */
export type AttributeKind =
  /** A timestamp, with `<name>_ms` beside it. */
  | 'time'
  | 'number'
  | 'flag'
  /** One of the values of an enum. */
  | 'choice'
  /** One of a few values that nobody would search for, such as an hour: for counting and filters. */
  | 'facet'
  /** A name for one thing: uuid, network address, pseudonym. */
  | 'id'
  | 'text'
  /** A JSON value with attributes of its own. */
  | 'document'
  | 'other';

export type DescribedAttribute = {
  readonly name: string;
  readonly kind: AttributeKind;
  /** Its column is part of the objectID. */
  readonly isKey: boolean;
};

/** The attributes that a mapping gives its records, in their order, without columns that are not there. */
export function describeAttributes(mapping: Mapping): readonly DescribedAttribute[] {
  const { relation, table, types } = mapping;
  return [...wantedAttributes(mapping)].flatMap(([name, config]) => {
    if ('constant' in config) return [{ name, kind: constantKind(config), isKey: false }];
    if ('template' in config) return [{ name, kind: 'text', isKey: false }];
    if ('pseudonym' in config) return pseudonymAttributes(name, config);
    if ('changes' in config) return describeChanges(name, config);
    if ('op' in config) return [{ name, kind: 'facet', isKey: false }];
    const column = relation.columns[columnIndex(relation, config.column)];
    if (column === undefined) return [];
    if (config.values !== undefined) return [{ name, kind: 'choice', isKey: false }];
    if (config.lookup !== undefined) return [{ name, kind: 'text', isKey: false }];
    if (config.path !== undefined) return [{ name, kind: partKind(config), isKey: false }];
    const type = { oid: column.typeOid, modifier: column.typeModifier };
    return [{ name, kind: kindOf(type, types, config.as), isKey: table.objectID.includes(config.column) }];
  });
}

function pseudonymAttributes(
  name: string,
  { pseudonym: { label } }: PseudonymAttribute,
): readonly DescribedAttribute[] {
  const id = { name, kind: 'id', isKey: false } as const;
  return label === undefined ? [id] : [id, { name: label, kind: 'text', isKey: false }];
}

/** Tables that share an index are told apart by it. */
function constantKind({ constant }: ConstantAttribute): AttributeKind {
  if (typeof constant === 'string') return 'choice';
  if (typeof constant === 'number') return 'number';
  if (typeof constant === 'boolean') return 'flag';
  return constant === null ? 'other' : 'document';
}

/** Values are searched for apart from each other: what something was, and what it became. */
function describeChanges(name: string, { changes }: ChangesAttribute): readonly DescribedAttribute[] {
  const described = (each: string, kind: AttributeKind): DescribedAttribute => ({
    name: each,
    kind,
    isKey: false,
  });
  return [
    described(`${name}.before`, 'document'),
    described(`${name}.after`, 'document'),
    described(name + TRUNCATED_SUFFIX, 'number'),
    ...(changes.fields === undefined ? [] : [described(changes.fields, 'choice')]),
  ];
}

/** What stands inside of JSON may be anything, unless the mapping says. */
function partKind({ as }: ColumnAttribute): AttributeKind {
  if (as === 'number') return 'number';
  return as === 'string' ? 'text' : 'document';
}

/** https://github.com/postgres/postgres/blob/REL_18_STABLE/src/include/catalog/pg_type.dat */
const BYTEA = 17;
const NUMERIC = 1700;
const UUID = 2950;
const DOCUMENTS = new Set([114, 3802]);
const MAC_ADDRESSES = new Set([829, 774]);

/** https://www.postgresql.org/docs/current/catalog-pg-type.html#CATALOG-TYPCATEGORY-TABLE */
function kindOf(type: ColumnType, types: TypeCatalog, as: ColumnAttribute['as']): AttributeKind {
  if (as === 'hour' || as === 'day') return 'facet';
  const { oid, modifier } = underlyingType(type, types);
  const found = types.get(oid);
  if (found !== undefined && found.elementOid !== 0) {
    const element = kindOf({ oid: found.elementOid, modifier }, types, as);
    return element === 'time' ? 'other' : element;
  }
  if (as === 'number') return 'number';
  if (oid === UUID || MAC_ADDRESSES.has(oid)) return 'id';
  if (oid === BYTEA) return 'other';
  if (DOCUMENTS.has(oid)) return as === 'string' ? 'other' : 'document';
  if (hasMillis(type, types)) return as === 'string' ? 'other' : 'time';
  switch (found?.category ?? '') {
    case 'N':
      if (as === 'string') return 'id';
      return oid !== NUMERIC || fitsDouble(modifier) ? 'number' : 'other';
    case 'B':
      return 'flag';
    case 'E':
      return 'choice';
    case 'I':
      return 'id';
    case 'S':
      return 'text';
    default:
      return 'other';
  }
}
