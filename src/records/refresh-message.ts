import type { TableConfig } from '../config/schema.ts';
import type { LogicalMessage } from '../replication/messages.ts';
import { keyOf } from './object-id.ts';
import type { Refresh } from './operations.ts';
import { readBytesMax } from './record-field.ts';
import { NO_TRANSACTION } from './transaction.ts';

/** Prefix of logical messages that are meant for us. https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-REPLICATION */
export const MESSAGE_PREFIX = 'wal2algolia';

/** Every key becomes a step in memory at once: of so many some 20 MB, beside their rows. */
export const MESSAGE_KEYS_MAX = 100_000;
const MESSAGE_BYTES_MAX = 4_000_000;
/** Half of a pair. */
const LONE_SURROGATE = /\p{Surrogate}/u;
/** Of two names and what stands between them. https://www.postgresql.org/docs/current/limits.html */
const TABLE_LENGTH_MAX = 127;

export type Asked = readonly (Pick<Refresh, 'table' | 'objectID'> & Partial<Pick<Refresh, 'isRemoval'>>)[];

type Tables = Readonly<Record<string, TableConfig>>;

/**
 * What a logical message asks to be read again: `{"refresh": {"table": "schema.name", "objectIDs": ["1", "2"]}}`. Anybody who can
 * connect may write one, so one that cannot be understood is no failure: the reason, without a word of its content, or an
 * empty text when it is not meant for us.
 */
export function askedRefresh(
  message: LogicalMessage,
  tables: Tables,
  objectIdBytesMax: number,
): Asked | string {
  if (message.prefix !== MESSAGE_PREFIX) return '';
  if (message.content.length > MESSAGE_BYTES_MAX) return `it is larger than ${MESSAGE_BYTES_MAX} bytes`;
  const content = parse(message.content);
  const refresh = onlyMember(content, 'refresh');
  if (refresh === undefined) return 'it is not JSON of the form {"refresh": {"table": …, "objectIDs": […]}}';
  const { table, objectIDs, ...more } = refresh;
  if (Object.keys(more).length > 0) return 'its refresh has other members than table and objectIDs';
  if (typeof table !== 'string' || !Object.hasOwn(tables, table)) return 'its table is not configured';
  if (Array.isArray(objectIDs) && objectIDs.length > MESSAGE_KEYS_MAX)
    return `it asks for more than ${MESSAGE_KEYS_MAX} rows`;
  const isKey = isKeyOf(tables[table] as TableConfig, objectIdBytesMax);
  if (!Array.isArray(objectIDs) || !objectIDs.every(isKey)) return `its objectIDs are not all of ${table}`;
  return objectIDs.map((objectID) => ({ table, objectID }));
}

/** The table that a message which is not heeded names, if that may be one. */
export function askedTable({ content }: Pick<LogicalMessage, 'content'>): string | undefined {
  if (content.length > MESSAGE_BYTES_MAX) return undefined;
  const table = onlyMember(parse(content), 'refresh')?.['table'];
  return typeof table === 'string' && table.length <= TABLE_LENGTH_MAX ? table : undefined;
}

/** Tells what may be an objectID of the table. */
export function isKeyOf(config: TableConfig, objectIdBytesMax: number): (value: unknown) => value is string {
  return (value): value is string =>
    typeof value === 'string' &&
    // It becomes another character on its way.
    !LONE_SURROGATE.test(value) &&
    Buffer.byteLength(value) <= objectIdBytesMax &&
    !value.includes('\0') &&
    keyOf(value, config) !== undefined;
}

/** Steps for records that are not read again because of a change. */
export function refreshSteps(asked: Asked, tables: Tables, recordBytesMax: number): readonly Refresh[] {
  const known = new Map<string, Pick<Refresh, 'index' | 'bytesMax'>>();
  const of = (table: string): Pick<Refresh, 'index' | 'bytesMax'> => {
    const { index = '', ...config } = tables[table] ?? {};
    const found = { index, bytesMax: readBytesMax(config, recordBytesMax) };
    known.set(table, found);
    return found;
  };
  return asked.map(({ table, objectID, isRemoval = false }) => {
    const { index, bytesMax } = known.get(table) ?? of(table);
    return {
      kind: 'refresh',
      table,
      relationOid: undefined,
      index,
      objectID,
      transaction: NO_TRANSACTION,
      isChange: false,
      isRemoval,
      bytesMax,
    };
  });
}

/** In a database of another encoding what is no ASCII has other bytes, and would ask for other keys. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parse(content: Buffer): unknown {
  try {
    return JSON.parse(UTF8.decode(content));
  } catch {
    return undefined;
  }
}

function onlyMember(value: unknown, name: string): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'object' || value === null || Object.keys(value).join() !== name) return undefined;
  const member: unknown = Reflect.get(value, name);
  return typeof member === 'object' && member !== null && !Array.isArray(member)
    ? (member as Readonly<Record<string, unknown>>)
    : undefined;
}
