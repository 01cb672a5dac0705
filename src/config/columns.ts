import type { AttributeConfig } from './attribute-schema.ts';
import type { TableConfig } from './schema.ts';

/** The columns that the records of a table are made of; undefined for all that are published. Optional ones may not be there. */
export function mappedColumns({
  objectID,
  attributes,
  pseudonyms,
}: TableConfig): readonly string[] | undefined {
  if (attributes === undefined) return undefined;
  const columns = Object.values(attributes).flatMap(attributeColumns);
  const time = pseudonyms?.time === undefined ? [] : [pseudonyms.time.column];
  return [...new Set([...objectID, ...columns, ...time])];
}

/** Columns of which a part is wanted, whatever the size of the whole. */
export function documentColumns({ attributes = {} }: Pick<TableConfig, 'attributes'>): ReadonlySet<string> {
  return new Set(
    Object.values(attributes).flatMap((attribute) => {
      if (typeof attribute === 'string') return [];
      if ('changes' in attribute) return attributeColumns(attribute);
      const place = 'pseudonym' in attribute ? attribute.pseudonym : attribute;
      return 'column' in place && place.path !== undefined ? [place.column] : [];
    }),
  );
}

/** A template has none of its own: it is made of other attributes. */
export function attributeColumns(attribute: AttributeConfig | string): readonly string[] {
  if (typeof attribute === 'string') return [attribute];
  if ('column' in attribute) return [attribute.column];
  if ('changes' in attribute) return [attribute.changes.before, attribute.changes.after];
  if ('op' in attribute) return [attribute.op.before, attribute.op.after];
  if (!('pseudonym' in attribute)) return [];
  const { column, kind } = attribute.pseudonym;
  return typeof kind === 'string' ? [column] : [column, kind.column];
}
