import { columnIndex, keyOf, type Mapping, wantedAttributes } from './attributes.ts';
import { underlyingType } from './column-type.ts';
import { checkIdType, type IdReader, partIdReader, readWholeId } from './id-reader.ts';
import type { Constant } from './slab.ts';

/** A column, or a part of it, of which the record says by what name it is known. */
export type LookedUp = {
  readonly name: string;
  /** Position in the relation. */
  readonly column: number;
  /** `,"<name>":` */
  readonly key: Constant;
  readonly lookup: string;
  readonly readId: IdReader;
};

/** The names that are looked up for a table's records, in the order of the configuration: annotations behind what the row itself says. */
export function compileLookedUp(mapping: Mapping): readonly LookedUp[] {
  const { relation, qualifiedName, types } = mapping;
  return [...wantedAttributes(mapping)].flatMap(([name, config]): LookedUp[] => {
    if (!('column' in config) || config.lookup === undefined) return [];
    const { lookup, path } = config;
    const column = columnIndex(relation, config.column);
    const { typeOid = 0, typeModifier = -1 } = relation.columns[column] ?? {};
    const { oid } = underlyingType({ oid: typeOid, modifier: typeModifier }, types);
    const subject = `${qualifiedName}: attribute "${name}"`;
    checkIdType({ oid, isList: (types.get(oid)?.elementOid ?? 0) !== 0 }, path, subject);
    const readId = path === undefined ? readWholeId : partIdReader(path, subject);
    return [{ name, column, key: keyOf(name), lookup, readId }];
  });
}
