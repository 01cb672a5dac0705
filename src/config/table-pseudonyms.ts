import type { AttributeConfig } from './attribute-schema.ts';
import type { KeyAttributes } from './key-attributes.ts';
import type { Path, Problem } from './problems.ts';
import { KEY_VARIABLE, type PseudonymKey } from './pseudonym-keys.ts';

type Mapped = {
  readonly attributes?: Readonly<Record<string, AttributeConfig | string>> | undefined;
  readonly time?: string | undefined;
};

/** By what the pseudonyms of a table are made. */
export type TablePseudonyms = {
  /** Ascending, at least one. */
  readonly keys: readonly PseudonymKey[];
  /** Where rows say when they happened, and the zone in which a `timestamp` there was written down; undefined where one key serves all. */
  readonly time: { readonly column: string; readonly timeZone: string | undefined } | undefined;
};

/**
 * What a table needs for its pseudonyms; undefined for one that has none. Adds to `problems` what is missing: a key, or with several the
 * column that tells which.
 */
export function tablePseudonyms(
  name: string,
  table: Mapped,
  keys: readonly PseudonymKey[],
  { timeAttribute }: KeyAttributes,
  problems: Problem[],
): TablePseudonyms | undefined {
  const attributes = Object.entries(table.attributes ?? {});
  const [first] = attributes.flatMap(([attribute, config]) => pseudonymsIn(config, [attribute]));
  if (first === undefined) return undefined;
  if (keys.length === 0) {
    const text = `expected a key for it: set ${KEY_VARIABLE}, or pseudonyms.keys`;
    problems.push({ path: ['tables', name, 'attributes', ...first], text });
    return undefined;
  }
  if (keys.length === 1) return { keys, time: undefined };
  const column = table.time ?? wholeColumn(table.attributes?.[timeAttribute]);
  if (column === undefined) {
    const text = `missing: expected the column of a row's own time, which says by which of the ${keys.length} keys its pseudonyms are made`;
    problems.push({ path: ['tables', name, 'time'], text });
    return undefined;
  }
  const zones = attributes.flatMap(([, each]) =>
    typeof each !== 'string' && 'column' in each && each.column === column ? (each.timeZone ?? []) : [],
  );
  return { keys, time: { column, timeZone: zones[0] } };
}

/** Where an attribute asks for them, if it does. */
function pseudonymsIn(attribute: AttributeConfig | string, path: Path): readonly Path[] {
  if (typeof attribute === 'string') return [];
  if ('pseudonym' in attribute) return [[...path, 'pseudonym']];
  const isAsked = 'changes' in attribute && attribute.changes.pseudonyms.length > 0;
  return isAsked ? [[...path, 'changes', 'pseudonyms']] : [];
}

function wholeColumn(attribute: AttributeConfig | string | undefined): string | undefined {
  if (attribute === undefined || typeof attribute === 'string') return attribute;
  return 'column' in attribute && attribute.path === undefined ? attribute.column : undefined;
}
