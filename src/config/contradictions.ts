import { isDeepStrictEqual } from 'node:util';
import { type Path, type Problem, valueAt } from './problems.ts';
import { attributeNameProblem, tableNameProblem } from './rules.ts';
import { configSchema } from './schema.ts';
import { nearest } from './spelling.ts';

/** What no single value shows, and names. Looks at the raw input, so that a mistake elsewhere does not hide these. */
export function contradictions(input: unknown): Problem[] {
  const tables = entriesAt(input, ['tables']);
  const names = tables.flatMap(([name]) => problem(['tables', name], tableNameProblem(name)));
  const attributes = tables.flatMap(([name]) => {
    const path = ['tables', name, 'attributes'];
    return entriesAt(input, path).flatMap(([each]) => problem([...path, each], attributeNameProblem(each)));
  });
  return [
    ...names,
    ...attributes,
    ...lookupTables(input),
    ...unknownLookups(input, tables),
    ...unlistedAttributes(input, tables),
    ...filtersWithoutPublication(input, tables),
    ...sizes(input),
    ...sharedIndexes(tables),
    ...sharedSettings(tables),
    ...cutTransforms(tables),
    ...statusIndex(input, tables),
  ];
}

function entriesAt(input: unknown, path: Path): [string, unknown][] {
  const value = valueAt(input, path);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}

function problem(path: Path, expected: string | undefined): Problem[] {
  return expected === undefined ? [] : [{ path, text: `expected ${expected}` }];
}

function lookupTables(input: unknown): Problem[] {
  return entriesAt(input, ['lookups']).flatMap(([name, lookup]) => {
    const table = valueAt(lookup, ['table']);
    return typeof table === 'string' && table !== ''
      ? problem(['lookups', name, 'table'], tableNameProblem(table))
      : [];
  });
}

function unknownLookups(input: unknown, tables: readonly [string, unknown][]): Problem[] {
  const known = entriesAt(input, ['lookups']).map(([name]) => name);
  return tables.flatMap(([table]) => {
    const path = ['tables', table, 'attributes'];
    return entriesAt(input, path).flatMap(([name, attribute]): Problem[] => {
      const lookup = valueAt(attribute, ['lookup']);
      if (typeof lookup !== 'string' || known.includes(lookup)) return [];
      const meant = nearest(lookup, known);
      const hint = meant === undefined ? '' : `; did you mean "${meant}"?`;
      const text = `expected the name of a lookup, and \`lookups\` has none of the name "${lookup}"${hint}`;
      return [{ path: [...path, name, 'lookup'], text }];
    });
  });
}

/** What may leave Postgres is said by the publication's columns or by these; wal2json has no publication. */
function unlistedAttributes(input: unknown, tables: readonly [string, unknown][]): Problem[] {
  if (valueAt(input, ['replication', 'plugin']) !== 'wal2json') return [];
  const given =
    valueAt(input, ['tables']) === undefined
      ? entriesAt(configSchema.shape.tables.parse(undefined), [])
      : tables;
  return given
    .filter(([, table]) => valueAt(table, ['attributes']) === undefined)
    .map(([name]) => ({
      path: ['tables', name, 'attributes'],
      text: 'missing: expected the attributes of its records, since with the plugin wal2json no publication says which columns may leave Postgres',
    }));
}

/** A status among the events would be found as one of them; one that is told before they can be found would not be true. */
function statusIndex(input: unknown, tables: readonly [string, unknown][]): Problem[] {
  const path = ['algolia', 'statusIndex'];
  const name = valueAt(input, path);
  if (typeof name !== 'string') return [];
  const other = tables.find(([, table]) => valueAt(table, ['index']) === name);
  return [
    ...(other === undefined ? [] : [{ path, text: `expected an index of its own: ${other[0]} goes there` }]),
    ...(valueAt(input, ['algolia', 'confirmAfter']) === 'accepted'
      ? [
          {
            path,
            text: 'expected algolia.confirmAfter to be "published": what is only accepted is not complete',
          },
        ]
      : []),
  ];
}

/** What filters rows is the publication. */
function filtersWithoutPublication(input: unknown, tables: readonly [string, unknown][]): Problem[] {
  if (valueAt(input, ['replication', 'plugin']) !== 'wal2json') return [];
  return tables
    .filter(([, table]) => valueAt(table, ['filter']) !== undefined)
    .map(([name]) => ({
      path: ['tables', name, 'filter'],
      text: 'expected none with the plugin wal2json, which knows no row filter: use pgoutput (`replication.plugin`)',
    }));
}

function sizes(input: unknown): Problem[] {
  const { batch, memory } = configSchema.shape;
  const bytesMax = batch.unwrap().shape.bytesMax.safeParse(valueAt(input, ['batch', 'bytesMax'])).data;
  const inFlightBytesMax = memory
    .unwrap()
    .shape.inFlightBytesMax.safeParse(valueAt(input, ['memory', 'inFlightBytesMax'])).data;
  if (bytesMax === undefined || inFlightBytesMax === undefined || inFlightBytesMax >= bytesMax) return [];
  const text = `expected at least batch.bytesMax (${bytesMax}), got ${inFlightBytesMax}: a batch could never fill`;
  return [{ path: ['memory', 'inFlightBytesMax'], text }];
}

/** Records of two tables are told apart by their prefix alone, so none may be the beginning of another. */
function sharedIndexes(tables: readonly [string, unknown][]): Problem[] {
  const problems: Problem[] = [];
  const seen: { readonly name: string; readonly index: unknown; readonly prefix: string }[] = [];
  for (const [name, value] of tables) {
    const index = valueAt(value, ['index']);
    if (typeof index !== 'string') continue;
    const given = valueAt(value, ['objectIDPrefix']);
    const prefix = typeof given === 'string' ? given : '';
    const other = seen.find(
      (each) => each.index === index && (each.prefix.startsWith(prefix) || prefix.startsWith(each.prefix)),
    );
    seen.push({ name, index, prefix });
    if (other === undefined) continue;
    const text = `index "${index}" also takes ${other.name}: expected an objectIDPrefix for both, neither of them the beginning of the other`;
    problems.push({ path: ['tables', name, 'objectIDPrefix'], text });
  }
  return problems;
}

/** An index has its settings once: tables that share it say the same of them, or nothing. */
function sharedSettings(tables: readonly [string, unknown][]): Problem[] {
  const saying = tables.filter(([, table]) => valueAt(table, ['settings']) !== undefined);
  return saying.flatMap(([name, table]): Problem[] => {
    const index = valueAt(table, ['index']);
    const first = saying.find(([, each]) => valueAt(each, ['index']) === index);
    if (
      first === undefined ||
      isDeepStrictEqual(valueAt(first[1], ['settings']), valueAt(table, ['settings']))
    )
      return [];
    const text = `index "${String(index)}" also takes ${first[0]}, with other settings: expected the same for both, or to leave them out for one`;
    return [{ path: ['tables', name, 'settings'], text }];
  });
}

/** A record is cut while it is encoded, and a function may make it larger or smaller after that. */
function cutTransforms(tables: readonly [string, unknown][]): Problem[] {
  return tables
    .filter(
      ([, table]) => valueAt(table, ['transform']) !== undefined && valueAt(table, ['oversize']) === 'cut',
    )
    .map(([name]) => ({
      path: ['tables', name, 'oversize'],
      text: 'no "cut" beside `transform`, which has the last word on the size of a record: leave out one of them',
    }));
}
