import type { FoundColumn } from '../database/found-tables.ts';
import type { AttributeNames } from './attribute-names.ts';
import { isTime } from './column-kinds.ts';
import type { Mark } from './mark.ts';
import { OPERATION_VALUES } from './operation-values.ts';
import type { Role } from './roles.ts';
import type { AssumedZone } from './time-zones.ts';

/** As it stands in a configuration. */
export type Shape = string | number | null | readonly Shape[] | { readonly [key: string]: Shape };

export type ShapedAttribute = { readonly name: string; readonly config: Shape };

type Part = {
  readonly column: FoundColumn;
  readonly part: Role | undefined;
  readonly mark: Exclude<Mark, { readonly tag: 'dropped' }>;
  readonly zone: AssumedZone | undefined;
  /** The name that it should have. */
  readonly wish: string;
  readonly names: AttributeNames;
};

/** Of what is no person, nobody needs words that can be told apart. */
const UNREAD = new Set(['email', 'phone', 'ip', 'session', 'device']);

/** What the standard mapping calls a part: `occurred_at`. */
export function roleName(role: Role): string {
  return role.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The attributes that a column becomes: itself, and what helps to count or to read it. */
export function shapeColumn({ column, part, mark, zone, wish, names }: Part): readonly ShapedAttribute[] {
  const source = column.name;
  if (mark.tag === 'pseudonymised') {
    const name = names.take(wish);
    const isRead = typeof mark.kind !== 'string' || !UNREAD.has(mark.kind);
    const label = isRead ? { label: names.take(labelName(name)) } : {};
    return [{ name, config: { column: source, pseudonym: mark.kind, ...label } }];
  }
  // A timestamp has its milliseconds beside it.
  const name = names.take(wish, isTime(column) ? '_ms' : '');
  if (part === 'op') return [{ name, config: { column: source, values: OPERATION_VALUES, otherwise: null } }];
  const zoned = zone === undefined ? {} : { timeZone: zone.timeZone };
  const itself = { name, config: zone === undefined ? source : { column: source, ...zoned } };
  if (part !== 'occurredAt') return [itself];
  return [
    itself,
    { name: names.take('hour_utc'), config: { column: source, as: 'hour', ...zoned } },
    { name: names.take('day_utc'), config: { column: source, as: 'day', ...zoned } },
  ];
}

/** `actor_id` is read by its `actor_label`. */
function labelName(name: string): string {
  return `${name.replace(/(_id|Id)$/, '')}_label`;
}
