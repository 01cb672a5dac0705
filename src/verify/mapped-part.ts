import type { TableConfig } from '../config/schema.ts';

type JsonRecord = Readonly<Record<string, unknown>>;

/**
 * What a record says because of its row and the configuration alone: all but its name, the commit that brought it, names that others
 * gave, and labels of pseudonyms.
 */
export function mappedPart(table: Pick<TableConfig, 'attributes'>): (record: JsonRecord) => JsonRecord {
  const left = new Set(['objectID', 'wal', ...annotations(table)]);
  return (record) => Object.fromEntries(Object.entries(record).filter(([name]) => !left.has(name)));
}

function annotations({ attributes = {} }: Pick<TableConfig, 'attributes'>): readonly string[] {
  return Object.entries(attributes).flatMap(([name, attribute]) => {
    if (typeof attribute === 'string') return [];
    if ('pseudonym' in attribute) return attribute.pseudonym.label ?? [];
    return looksUp(attribute) ? [name] : [];
  });
}

/** Whether records can be compared by what they hold; undefined where they can, else why only by whether they are there. */
export function presenceOnly({ transform, attributes = {} }: TableConfig): string | undefined {
  if (transform === undefined) return undefined;
  if (!transform.isPure) return 'its transform is not declared pure';
  const names = Object.values(attributes).some((each) => typeof each !== 'string' && looksUp(each));
  return names ? 'its transform is given names that are looked up' : undefined;
}

function looksUp(attribute: object): boolean {
  return 'lookup' in attribute && attribute.lookup !== undefined;
}
