import type { FoundColumn, FoundTable, UniqueIndex } from '../../../src/database/found-tables.ts';

const CATEGORIES: Readonly<Record<string, string>> = {
  text: 'S',
  'character varying': 'S',
  character: 'S',
  smallint: 'N',
  integer: 'N',
  bigint: 'N',
  numeric: 'N',
  boolean: 'B',
  date: 'D',
  'timestamp with time zone': 'D',
  'timestamp without time zone': 'D',
  interval: 'T',
  inet: 'I',
  'public.mood': 'E',
  point: 'G',
  'public.address': 'C',
};

/** A column as the catalog would have it: `text`, `text[]`, `timestamptz not null`. */
export function column(name: string, type = 'text', more: Partial<FoundColumn> = {}): FoundColumn {
  const short = type.replace(/ not null$/, '');
  const element = short.replace(/\[\]$/, '');
  const full =
    { timestamptz: 'timestamp with time zone', timestamp: 'timestamp without time zone' }[element] ?? element;
  return {
    name,
    type: full,
    category: CATEGORIES[full] ?? 'U',
    isArray: short.endsWith('[]'),
    isNotNull: type.endsWith(' not null'),
    isGenerated: false,
    isCounted: false,
    hasDefault: false,
    ...more,
  };
}

export function uniqueIndex(columns: readonly string[], more: Partial<UniqueIndex> = {}): UniqueIndex {
  return {
    name: `${columns.join('_')}_key`,
    columns,
    isPrimary: false,
    isPartial: false,
    hasExpressions: false,
    isDeferrable: false,
    allowsNull: false,
    hasGenerated: false,
    ...more,
  };
}

export function table(
  qualifiedName: string,
  columns: readonly FoundColumn[],
  more: Partial<FoundTable> = {},
): FoundTable {
  const [schema = '', name = ''] = qualifiedName.split('.');
  return {
    qualifiedName,
    schema,
    name,
    kind: 'table',
    isLogged: true,
    root: null,
    isOfExtension: false,
    owner: 'app',
    isOwned: true,
    rowsEstimate: 0,
    bytesEstimate: 0,
    columns,
    uniqueIndexes: [],
    ...more,
  };
}
