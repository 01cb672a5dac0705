import type { FoundColumn } from '../database/found-tables.ts';

/** https://www.postgresql.org/docs/current/datatype-datetime.html */
const TIMES = new Set(['timestamp without time zone', 'timestamp with time zone']);
/** Letters in any case, of an extension. */
const CITEXT = /(^|\.)citext$/;
const HSTORE = /(^|\.)hstore$/;

type Typed = Pick<FoundColumn, 'type' | 'category' | 'isArray'>;

export function isTime({ type, isArray }: Typed): boolean {
  return !isArray && TIMES.has(type);
}

/** A time of which only people know where it was. */
export function isLocalTime({ type, isArray }: Typed): boolean {
  return !isArray && type === 'timestamp without time zone';
}

export function isText({ type, category }: Typed): boolean {
  return category === 'S' || CITEXT.test(type);
}

export function isChoice({ category }: Typed): boolean {
  return category === 'E';
}

export function isNumber({ category }: Typed): boolean {
  return category === 'N';
}

export function isFlag({ category }: Typed): boolean {
  return category === 'B';
}

export function isUuid({ type }: Typed): boolean {
  return type === 'uuid';
}

/** What one thing may be called by. */
export function isName(column: Typed): boolean {
  return !column.isArray && (isText(column) || isNumber(column) || isUuid(column) || column.category === 'E');
}

export function isJson({ type }: Typed): boolean {
  return type === 'json' || type === 'jsonb';
}

/** Names with values of their own, whatever they are. */
export function isDocument(column: Typed): boolean {
  return isJson(column) || column.type === 'xml' || HSTORE.test(column.type) || column.category === 'C';
}

/** Addresses in a network. */
export function isAddress({ category }: Typed): boolean {
  return category === 'I';
}

export function isDevice({ type }: Typed): boolean {
  return type === 'macaddr' || type === 'macaddr8';
}

/** Dates, times of day, intervals, ranges. */
export function isSpan({ category }: Typed): boolean {
  return category === 'D' || category === 'T' || category === 'R';
}
