import type { CatalogTable } from '../../../src/database/tables.ts';
import {
  COLUMN_NULL,
  COLUMN_UNCHANGED,
  type Tuple,
  type WalMessage,
} from '../../../src/replication/messages.ts';
import { Wal2JsonDecoder } from '../../../src/replication/wal2json.ts';

/** A column as wal2json writes it: its type as `format_type` has it, and the JSON of its value. */
export type Said = readonly [name: string, type: string, typeOid: number, value: string];

const list = (columns: readonly Said[]): string =>
  `[${columns
    .map(
      ([name, type, oid, value]) =>
        `{"name":${JSON.stringify(name)},"type":${type.startsWith('"') ? type : JSON.stringify(type)},"typeoid":${oid},"value":${value}}`,
    )
    .join(',')}]`;

const HEAD = '"xid":7,"timestamp":"2026-11-23 01:02:03.000004+00","lsn":"0/AB"';

/** What the plugin writes for a change. https://github.com/eulerto/wal2json#examples */
export function changeText(
  action: 'I' | 'U' | 'D' | 'T',
  parts: { readonly columns?: readonly Said[]; readonly identity?: readonly Said[] } = {},
  table = 't',
): string {
  const lists = Object.entries(parts).map(([key, columns]) => `,"${key}":${list(columns)}`);
  return `{"action":"${action}",${HEAD},"schema":"public","table":${JSON.stringify(table)}${lists.join('')}}`;
}

export const table: CatalogTable = {
  qualifiedName: 'public.t',
  oid: 16_400,
  schema: 'public',
  name: 't',
  partitioned: false,
  replicaIdentity: 'default',
  identityHolds: true,
  columns: [
    { name: 'id', typeOid: 23, typeModifier: -1, isKey: true },
    { name: 'note', typeOid: 25, typeModifier: -1, isKey: false },
    { name: 'large', typeOid: 25, typeModifier: -1, isKey: false },
  ],
};

export const id = (value: string): Said => ['id', 'integer', 23, value];
export const note = (value: string): Said => ['note', 'text', 25, value];
export const large = (value: string): Said => ['large', 'text', 25, value];

/** A decoder that gives the messages of a text. */
export function decoderOf(
  tables: readonly CatalogTable[] = [table],
): (text: string) => readonly WalMessage[] {
  const decoder = new Wal2JsonDecoder(tables);
  return (text) => {
    const into: WalMessage[] = [];
    decoder.decode(Buffer.from(text), into);
    return into;
  };
}

/** Each column's text; null and 'unchanged' where there is none. */
export function textsOf(tuple: Tuple): readonly (string | null | symbol)[] {
  const at = new Int32Array(2 * tuple.columnCount);
  tuple.locate(at);
  return Array.from({ length: tuple.columnCount }, (_, column) => {
    const start = at[2 * column] as number;
    if (start === COLUMN_NULL) return null;
    if (start === COLUMN_UNCHANGED) return UNCHANGED;
    return tuple.bytes.toString('utf8', start, at[2 * column + 1]);
  });
}

export const UNCHANGED = Symbol('unchanged');

/** The one message of this kind. */
export function changeOf<T extends WalMessage['tag']>(
  messages: readonly WalMessage[],
  tag: T,
): Extract<WalMessage, { readonly tag: T }> {
  const found = messages.find((message) => message.tag === tag);
  if (found === undefined) throw new Error(`no message ${tag}`);
  return found as Extract<WalMessage, { readonly tag: T }>;
}
