import fc from 'fast-check';
import { parsePathPattern } from '../../../src/config/path-pattern.ts';
import { INT8, inserted, JSONB, type Options } from './record-encoder-case.ts';
import { relationOf } from './tuples.ts';

export type Change = {
  readonly path: string;
  readonly op: 'added' | 'removed' | 'changed';
  readonly before?: unknown;
  readonly after?: unknown;
  readonly hidden?: boolean;
  readonly cut?: boolean;
};

export const documents = relationOf({ id: INT8, before: JSONB, after: JSONB });

type Settings = {
  hide?: readonly string[];
  /** Kinds by path; a table with them needs a key. */
  pseudonyms?: Readonly<Record<string, string>>;
  changesMax?: number;
  valueBytesMax?: number;
};

/** `id`, and the changes between two columns with their fields. */
export function changesAttributes({
  hide = [],
  pseudonyms: kinds = {},
  changesMax = 50,
  valueBytesMax = 300,
}: Settings = {}) {
  const patterns = hide.map(parsePathPattern);
  const pseudonyms = Object.entries(kinds).map(([path, kind]) => ({ steps: parsePathPattern(path), kind }));
  const columns = { before: 'before', after: 'after' };
  return {
    id: 'id',
    changes: {
      changes: { ...columns, fields: 'fields', hide: patterns, pseudonyms, changesMax, valueBytesMax },
    },
  };
}

/** The text of the record of a row with these documents, and what it says of their differences. */
export function changesOf(
  before: string | null,
  after: string | null,
  settings: Settings = {},
  options: Options = { recordBytesMax: 1_000_000 },
) {
  const table = { ...options.table, attributes: changesAttributes(settings) };
  const [operation] = inserted(documents, ['1', before, after], { ...options, table });
  if (operation?.body === undefined) throw new Error('the row is no record');
  const { changes, changes_truncated: truncated, fields } = operation.body;
  return {
    text: operation.text,
    changes: changes as readonly Change[],
    truncated: truncated as number,
    fields: fields as readonly string[],
  };
}

/** Keys that are special somewhere: in paths, in JavaScript, in JSON. */
export const key = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'c', 'user', 'token') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('__proto__', 'constructor', 'a.b', '', '$', '*', '"', 'x[]', 'ü\u{1F600}'),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 4 }) },
);
