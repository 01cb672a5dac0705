import type { AttributeConfig } from './attribute-schema.ts';
import type { TableConfig } from './schema.ts';

/** The columns that the records of a table are made of; undefined for all that are published. Optional ones may not be there. */
export function mappedColumns({ objectID, attributes }: TableConfig): readonly string[] | undefined {
  if (attributes === undefined) return undefined;
  return [...new Set([...objectID, ...Object.values(attributes).flatMap(attributeColumns)])];
}

/** Columns of which a part is wanted, whatever the size of the whole. */
export function documentColumns({ attributes = {} }: Pick<TableConfig, 'attributes'>): ReadonlySet<string> {
  return new Set(
    Object.values(attributes).flatMap((attribute) => {
      if (typeof attribute === 'string') return [];
      if ('changes' in attribute) return attributeColumns(attribute);
      return 'column' in attribute && attribute.path !== undefined ? [attribute.column] : [];
    }),
  );
}

/** A template has none of its own: it is made of other attributes. */
export function attributeColumns(attribute: AttributeConfig | string): readonly string[] {
  if (typeof attribute === 'string') return [attribute];
  if ('column' in attribute) return [attribute.column];
  if ('changes' in attribute) return [attribute.changes.before, attribute.changes.after];
  return 'op' in attribute ? [attribute.op.before, attribute.op.after] : [];
}
