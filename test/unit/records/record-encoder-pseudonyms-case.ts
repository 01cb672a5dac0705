import type { PseudonymSource } from '../../../src/config/attribute-schema.ts';
import { Secret } from '../../../src/config/secret.ts';
import type { TablePseudonyms } from '../../../src/config/table-pseudonyms.ts';
import { Pseudonyms } from '../../../src/records/pseudonyms.ts';
import { INT8, inserted, JSONB, TIMESTAMPTZ } from './record-encoder-case.ts';
import { type ColumnText, relationOf } from './tuples.ts';

const TEXT = 25;
const DATE = 1082;
const TIMESTAMP = 1114;
const TEXTS = 1009;
export const SECRET = 'mallory@example.com';

const old = { id: '2025', fromMicros: Number.NEGATIVE_INFINITY, secret: new Secret('o'.repeat(32)) };
const next = { id: '2026', fromMicros: Date.UTC(2026, 0, 1) * 1000, secret: new Secret('n'.repeat(32)) };
const pseudonyms = new Pseudonyms([old, next]);
export const of = (text: string, kind = 'user', isNew = false): string =>
  pseudonyms.of(kind, text, isNew ? next.fromMicros : 0);
export const label = (id: string): string => pseudonyms.label(id);

export const relation = relationOf({
  id: INT8,
  actor: TEXT,
  target_type: TEXT,
  target: TEXT,
  data: JSONB,
  before: JSONB,
  at: TIMESTAMPTZ,
  local: TIMESTAMP,
  day: DATE,
  members: TEXTS,
});
export type Row = Partial<Record<(typeof relation)['columns'][number]['name'], ColumnText>>;
export const types = new Map([
  [TEXTS, { kind: 'b', elementOid: TEXT, delimiter: ',', category: 'A', baseOid: 0, baseModifier: -1 }],
]) as never;

export function source(column: string, more: Partial<PseudonymSource> = {}) {
  return { pseudonym: { column, path: undefined, kind: 'user', label: undefined, ...more } };
}

export function row(given: Row): ColumnText[] {
  return relation.columns.map(({ name }) => (name === 'id' ? '1' : (given[name] ?? null)));
}

export const one: TablePseudonyms = { keys: [old], time: undefined };
export const two = (column: string, timeZone?: string): TablePseudonyms => ({
  keys: [old, next],
  time: { column, timeZone },
});

export function body(
  attributes: Record<string, unknown>,
  given: Row,
  pseudonyms: TablePseudonyms | 'no key' = one,
): Record<string, unknown> {
  const table = {
    attributes: { id: 'id', ...attributes } as never,
    pseudonyms: pseudonyms === 'no key' ? undefined : pseudonyms,
  };
  return inserted(relation, row(given), { table, types })[0]?.body as Record<string, unknown>;
}
