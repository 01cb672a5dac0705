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
