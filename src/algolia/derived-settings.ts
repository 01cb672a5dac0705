import type { KeyAttributes } from '../config/key-attributes.ts';
import { ConfigError } from '../errors.ts';
import type { DescribedAttribute } from '../records/described-attributes.ts';
import { namesFreeText, namesId } from './attribute-names.ts';
import type { IndexSettings } from './client.ts';

/** What one table puts into an index. */
export type IndexedTable = {
  readonly qualifiedName: string;
  readonly attributes: readonly DescribedAttribute[];
  /** Its large records say in `_cut` what was cut. */
  readonly isCut: boolean;
};

/** https://www.algolia.com/doc/guides/managing-results/relevance-overview/in-depth/ranking-criteria */
const RANKING = ['typo', 'geo', 'words', 'filters', 'proximity', 'attribute', 'exact', 'custom'];
/** In every record that was streamed. */
const COMMITTED = 'wal.committed_at_ms';
/** In these, they would be read as a list or a modifier. */
const MISREAD = /[,()]/;

/**
 * The settings that suit a log with these attributes, with the given ones in place of their own: searched by what is text, filtered by
 * what tells rows apart, the newest first, no guesses at ids. The same attributes give the same settings. Throws a ConfigError when
 * tables that share the index would be ranked by different times.
 * https://www.algolia.com/doc/api-reference/settings-api-parameters/
 */
export function deriveSettings(
  tables: readonly IndexedTable[],
  roles: KeyAttributes,
  given: IndexSettings = {},
): IndexSettings {
  const attributes = united(tables);
  const searchable = attributes.filter(({ kind }) => kind === 'text' || kind === 'choice' || kind === 'id');
  const documents = attributes.filter(({ kind }) => kind === 'document');
  const ids = searchable.filter((attribute) => attribute.isKey || isId(attribute));
  const names = [...distinctNames(searchable), ...documents.map(({ name }) => `unordered(${name})`)];
  const time = 'ranking' in given ? undefined : rankingTime(tables, roles);
  return {
    ...(names.length === 0 ? {} : { searchableAttributes: names }),
    attributesForFaceting: [...facets(attributes, roles), ...ownFacets(tables)],
    numericAttributesForFiltering: [
      ...attributes.flatMap(({ name, kind }) =>
        kind === 'time' ? [`${name}_ms`] : kind === 'number' ? [name] : [],
      ),
      COMMITTED,
    ],
    ...(time === undefined ? {} : { ranking: [`desc(${time}_ms)`, ...RANKING] }),
    customRanking: [`desc(${tieBreaker(tables) ?? COMMITTED})`],
    typoTolerance: 'min',
    allowTyposOnNumericTokens: false,
    disableTypoToleranceOnAttributes: distinctNames(ids),
    ...given,
  };
}

/** Of attributes that several tables have, the first one stands for all, unless they are of different kinds. */
function united(tables: readonly IndexedTable[]): readonly DescribedAttribute[] {
  const byName = new Map<string, DescribedAttribute>();
  for (const attribute of tables.flatMap((table) => table.attributes)) {
    if (!MISREAD.test(attribute.name)) byName.set(`${attribute.name} ${attribute.kind}`, attribute);
  }
  return [...byName.values()];
}

function facets(attributes: readonly DescribedAttribute[], roles: KeyAttributes): readonly string[] {
  const found = attributes.flatMap((attribute) => {
    const { name, kind, isKey } = attribute;
    if (kind === 'time' || kind === 'document' || kind === 'other') return [];
    if (name === roles.actorAttribute) return [`searchable(${name})`];
    if (isId(attribute)) return isKey ? [] : [`filterOnly(${name})`];
    if (name === roles.tenantAttribute) return [name];
    return isKey || kind === 'number' || namesFreeText(name) ? [] : [name];
  });
  return [...new Set(found)];
}

/** What the pipeline itself says in a record. */
function ownFacets(tables: readonly IndexedTable[]): readonly string[] {
  const shared = tables.length > 1 ? ['source_table'] : [];
  return tables.some(({ isCut }) => isCut) ? [...shared, '_cut'] : shared;
}

function isId({ name, kind }: DescribedAttribute): boolean {
  return kind === 'id' || ((kind === 'text' || kind === 'number') && namesId(name));
}

/** Where rows of an audit log say when something happened; the best name first. */
const TIMES = [
  'occurred_at',
  'happened_at',
  'event_time',
  'timestamp',
  'logged_at',
  'created_at',
  'inserted_at',
];

/** The attribute whose milliseconds rank; undefined when no table has a timestamp. */
function rankingTime(tables: readonly IndexedTable[], { timeAttribute }: KeyAttributes): string | undefined {
  const times = tables.flatMap(({ qualifiedName, attributes }) => {
    const names = attributes.filter(({ kind }) => kind === 'time').map(({ name }) => name);
    const best = [timeAttribute, ...TIMES].find((name) => names.includes(name)) ?? names[0];
    return best === undefined ? [] : [{ qualifiedName, best }];
  });
  const [first] = times;
  const other = times.find(({ best }) => best !== first?.best);
  if (first === undefined || other === undefined) return first?.best;
  throw new ConfigError(
    `${first.qualifiedName} and ${other.qualifiedName} share an index, and would be ranked by different times: "${first.best}" and "${other.best}"`,
    { remedy: 'Give both times one name in `attributes`, or say `ranking` in the settings of both tables.' },
  );
}

/** Rows of the same millisecond stand in the order of their number. */
function tieBreaker(tables: readonly IndexedTable[]): string | undefined {
  const keys = tables.map(({ attributes }) => attributes.filter(({ isKey }) => isKey));
  const [first] = keys[0] ?? [];
  const serves = keys.every(
    ([key, ...more]) => key?.kind === 'number' && key.name === first?.name && more.length === 0,
  );
  return serves && first !== undefined && !MISREAD.test(first.name) ? first.name : undefined;
}

function distinctNames(attributes: readonly DescribedAttribute[]): readonly string[] {
  return [...new Set(attributes.map(({ name }) => name))];
}
