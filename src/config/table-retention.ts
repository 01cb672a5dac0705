import type { AttributeConfig } from './attribute-schema.ts';
import type { KeyAttributes } from './key-attributes.ts';
import type { Problem } from './problems.ts';
import type { RetentionConfig } from './retention-schema.ts';

type Mapped = {
  readonly attributes?: Readonly<Record<string, AttributeConfig | string>> | undefined;
  readonly time?: string | undefined;
  readonly index: string;
  readonly retention?: RetentionConfig | undefined;
};

/** How long rows of a table have records. */
export type TableRetention = RetentionConfig & {
  /** Where rows say when they happened, in which zone a `timestamp` there was written down, and beside which attribute records have it as `_ms`. */
  readonly time: {
    readonly column: string;
    readonly timeZone: string | undefined;
    readonly attribute: string;
  };
};

/** Stands in a filter as it is. */
const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The tables with what their retention takes; nothing is looked at without `roles`, in which something else is wrong. */
export function withExpiry<Table extends Mapped>(
  written: Readonly<Record<string, Table>>,
  roles: KeyAttributes | undefined,
) {
  const problems: Problem[] = [];
  const tables = Object.entries(written).map(([name, table]) => {
    const expiry = roles && tableRetention(name, table, roles, problems);
    const others = Object.entries(written).filter(
      ([other, { index }]) => other !== name && index === table.index,
    );
    if (table.retention?.recordsMax !== undefined && others.length > 0) {
      const text = `expected \`days\`, or an index of its own: "${table.index}" also takes ${others[0]?.[0]}, and records are counted by index`;
      problems.push({ path: ['tables', name, 'retention', 'recordsMax'], text });
    }
    return [name, expiry === undefined ? table : { ...table, expiry }] as const;
  });
  return { tables: Object.fromEntries(tables), problems };
}

/** Undefined for a table that keeps all. Adds to `problems` when nothing says how old a row or its record is. */
function tableRetention(
  name: string,
  { attributes, time, retention }: Mapped,
  { timeAttribute }: KeyAttributes,
  problems: Problem[],
): TableRetention | undefined {
  if (retention === undefined) return undefined;
  const column =
    time ?? (attributes === undefined ? timeAttribute : timeOf(attributes[timeAttribute])?.column);
  if (column === undefined) {
    const text = `missing: expected the column of a row's own time, by which \`retention\` tells its age, since no attribute "${timeAttribute}" (keys.timeAttribute) is a column as it is`;
    problems.push({ path: ['tables', name, 'time'], text });
    return undefined;
  }
  const all: Mapped['attributes'] = attributes ?? { [column]: column };
  const fitting = Object.entries(all).flatMap(([attribute, each]) => {
    const found = timeOf(each);
    return found?.column === column && PLAIN_NAME.test(attribute)
      ? [{ attribute, column, timeZone: found.timeZone }]
      : [];
  });
  const found = fitting.find(({ attribute }) => attribute === timeAttribute) ?? fitting[0];
  if (found === undefined) {
    const text = `expected an attribute of the column "${column}" as it is, named by letters, digits and _: by its \`_ms\` old records are found`;
    problems.push({ path: ['tables', name, 'retention'], text });
    return undefined;
  }
  return { ...retention, time: found };
}

/** Where rows say when they happened, and in which zone a `timestamp` there was written down; undefined where nothing says it. */
export function rowTime(
  { attributes, time }: Pick<Mapped, 'attributes' | 'time'>,
  { timeAttribute }: KeyAttributes,
): { readonly column: string; readonly timeZone: string | undefined } | undefined {
  const column =
    time ?? (attributes === undefined ? timeAttribute : timeOf(attributes[timeAttribute])?.column);
  if (column === undefined) return undefined;
  const named = Object.values(attributes ?? {})
    .map(timeOf)
    .find((found) => found?.column === column);
  return named ?? { column, timeZone: undefined };
}

/** Of an attribute that has `_ms` beside it if its column is a timestamp. */
function timeOf(
  attribute: AttributeConfig | string | undefined,
): { readonly column: string; readonly timeZone: string | undefined } | undefined {
  if (attribute === undefined) return undefined;
  if (typeof attribute === 'string') return { column: attribute, timeZone: undefined };
  if (!('column' in attribute)) return undefined;
  const { column, path, as, values, lookup, timeZone } = attribute;
  const isWhole = [path, as, values, lookup].every((each) => each === undefined);
  return isWhole ? { column, timeZone } : undefined;
}
