import type { TableConfig } from './schema.ts';

/** The columns that the records of a table are made of; undefined for all that are published. */
export function mappedColumns({ objectID, attributes }: TableConfig): readonly string[] | undefined {
  if (attributes === undefined) return undefined;
  const columns = Object.values(attributes).flatMap((attribute) => {
    if (typeof attribute === 'string') return attribute;
    return 'column' in attribute ? attribute.column : [];
  });
  return [...new Set([...objectID, ...columns])];
}

/** The column that an attribute is the value of; undefined where there is no such attribute, or it is made in another way. */
export function columnOf({ attributes }: TableConfig, name: string): string | undefined {
  if (attributes === undefined) return name;
  const attribute = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
  if (typeof attribute === 'string') return attribute;
  if (attribute === undefined || !('column' in attribute)) return undefined;
  return attribute.path === undefined ? attribute.column : undefined;
}
