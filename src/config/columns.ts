import type { AttributeConfig } from './attribute-schema.ts';
import type { TableConfig } from './schema.ts';

/** The columns that the records of a table are made of; undefined for all that are published. */
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

/** A template has none of its own: it is made of other attributes. */
export function attributeColumns(attribute: AttributeConfig | string): readonly string[] {
  if (typeof attribute === 'string') return [attribute];
  if ('column' in attribute) return [attribute.column];
  if (!('pseudonym' in attribute)) return [];
  const { column, kind } = attribute.pseudonym;
  return typeof kind === 'string' ? [column] : [column, kind.column];
}

/** The column whose value an attribute is, or a pseudonym of it; undefined where there is no such attribute, or it is made in another way. */
export function columnOf({ attributes }: TableConfig, name: string): string | undefined {
  if (attributes === undefined) return name;
  const attribute = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
  if (typeof attribute === 'string') return attribute;
  if (attribute === undefined) return undefined;
  const source = 'pseudonym' in attribute ? attribute.pseudonym : attribute;
  return 'column' in source && source.path === undefined ? source.column : undefined;
}
