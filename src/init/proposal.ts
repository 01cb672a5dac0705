import type { FoundColumn, FoundTable } from '../database/found-tables.ts';
import { AttributeNames } from './attribute-names.ts';
import { isLocalTime } from './column-kinds.ts';
import { squeezed } from './column-words.ts';
import { type ComputedAttributes, computedAttributes } from './computed-attributes.ts';
import { type Kind, type Mark, markColumn, markKey } from './mark.ts';
import { findRoles, type Role, type Roles } from './roles.ts';
import { findRowKey, findSequence, type RowKey } from './row-key.ts';
import { roleName, type ShapedAttribute, shapeColumn } from './shaped-attribute.ts';
import { findSoleTarget } from './sole-target.ts';
import { type AssumedZone, assumedZone, type TimeSources } from './time-zones.ts';

export type ColumnProposal = {
  readonly column: FoundColumn;
  readonly mark: Mark;
  readonly isKey: boolean;
  /** None where it is dropped, or only compared. */
  readonly attributes: readonly ShapedAttribute[];
  /** Of a timestamp without time zone that is indexed: what it is read as. */
  readonly zone: AssumedZone | undefined;
};

export type TableProposal = {
  readonly table: FoundTable;
  readonly index: string;
  readonly key: RowKey;
  /** Undefined leaves the choice to `setup`. */
  readonly operations: readonly ['insert'] | undefined;
  readonly roles: Roles;
  /** Every column, in its order. */
  readonly columns: readonly ColumnProposal[];
  readonly computed: ComputedAttributes;
};

/** Names that say that rows are changed after they were written. */
const CHANGED_LATER = /^(updated|modified|lastmodified|lastupdated|deleted|archived)(at|on|date|time)?$/;

/** Whether its records need a key of pseudonyms: columns do, and documents that are compared. */
export function hasPseudonyms({ columns, roles }: TableProposal): boolean {
  return (
    columns.some(({ mark }) => mark.tag === 'pseudonymised') || (roles.has('before') && roles.has('after'))
  );
}

/** How a table would become records; undefined where nothing in it could be the objectID. */
export function proposeTable(
  table: FoundTable,
  index: string,
  times: TimeSources,
): TableProposal | undefined {
  const key = findRowKey(table);
  if (key === undefined) return undefined;
  const roles = new Map(findRoles(table.columns));
  const target = findSoleTarget(table.columns, roles, key);
  if (target !== undefined) roles.set('targetId', target.column);
  const sequence = findSequence(table, key);
  if (sequence !== undefined && ![...roles.values()].includes(sequence)) roles.set('seq', sequence);
  const shaped = shapeColumns(table.columns, {
    key,
    roles,
    times,
    targetKind: targetKind(roles, target !== undefined),
  });
  const changesLater = table.columns.some(({ name }) => CHANGED_LATER.test(squeezed(name)));
  return {
    table,
    index,
    key,
    operations: changesLater ? undefined : ['insert'],
    roles,
    columns: shaped.columns.map((column) => ({ ...column, isKey: key.columns.includes(column.column.name) })),
    computed: computedAttributes({ ...shaped, roles, targetNoun: target?.noun }),
  };
}

type Known = {
  readonly key: RowKey;
  readonly roles: Roles;
  readonly times: TimeSources;
  readonly targetKind: Kind | undefined;
};

/** Where any kind of thing may be a target, a person may be one. */
function targetKind(roles: Roles, isSole: boolean): Kind | undefined {
  const type = roles.get('targetType');
  if (isSole) return undefined;
  return type === undefined ? 'target' : { column: type.name };
}

/** Those that play a part have its name; the others give way to it. */
function shapeColumns(columns: readonly FoundColumn[], { key, roles, times, targetKind }: Known) {
  const names = new AttributeNames();
  const parts = new Map<Role, readonly ShapedAttribute[]>();
  const found = new Map<FoundColumn, Omit<ColumnProposal, 'isKey'>>();
  const shape = (column: FoundColumn, part: Role | undefined): readonly ShapedAttribute[] => {
    const plain = markColumn(
      column,
      part === undefined || isPaired(part, roles) ? part : 'metadata',
      targetKind,
    );
    const mark = key.columns.includes(column.name) ? markKey(plain) : plain;
    const zone = isLocalTime(column) ? assumedZone(column.name, times) : undefined;
    const isShaped = mark.tag !== 'dropped' && part !== 'before' && part !== 'after';
    const wish = part === undefined ? column.name : roleName(part);
    const attributes = isShaped ? shapeColumn({ column, part, mark, zone, wish, names }) : [];
    const before = found.get(column)?.attributes ?? [];
    found.set(column, {
      column,
      mark,
      attributes: [...before, ...attributes],
      zone: isShaped ? zone : undefined,
    });
    return attributes;
  };
  for (const [role, column] of roles) parts.set(role, shape(column, role));
  for (const column of columns) if (!found.has(column)) shape(column, undefined);
  return { columns: columns.flatMap((column) => found.get(column) ?? []), parts, names };
}

/** One of two documents alone shows no change, and is a document like any other. */
function isPaired(role: Role, roles: Roles): boolean {
  if (role === 'before') return roles.has('after');
  return role !== 'after' || roles.has('before');
}
