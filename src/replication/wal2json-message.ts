import { ProtocolError } from '../errors.ts';
import { type Lsn, parseLsn } from '../lsn.ts';
import { JsonScanner } from './json-scanner.ts';
import { COLUMN_NULL } from './messages.ts';
import { type ColumnList, readColumns } from './wal2json-columns.ts';
import type { Shape } from './wal2json-shape.ts';

/** One message of format version 2, read as far as its action needs it. */
export type Wal2JsonMessage = {
  readonly bytes: Buffer;
  readonly action: string;
  readonly xid: number;
  readonly timestamp: string;
  readonly lsn: string;
  readonly nextlsn: string;
  readonly table: string | undefined;
  readonly columns: ColumnList | undefined;
  readonly identity: ColumnList | undefined;
  readonly transactional: boolean;
  readonly prefix: string;
  readonly content: Buffer;
};

/** Reads a message, whose strings are unescaped within `bytes`. `shapeOf` says what is known of a table, by its qualified name. */
export function readMessage(bytes: Buffer, shapeOf: (table: string) => Shape): Wal2JsonMessage {
  const scanner = new JsonScanner(bytes);
  const texts: Record<string, string> = {};
  const lists: Record<string, ColumnList> = {};
  let content: Buffer = bytes.subarray(0, 0);
  for (let key = scanner.key(); key !== undefined; key = scanner.key()) {
    switch (key) {
      case 'columns':
      case 'identity':
        lists[key] = readColumns(scanner, shapeOf(tableOf(texts) ?? ''));
        break;
      case 'content':
        scanner.scalar();
        content = bytes.subarray(scanner.start, scanner.end);
        break;
      case 'action':
      case 'xid':
      case 'timestamp':
      case 'lsn':
      case 'nextlsn':
      case 'schema':
      case 'table':
      case 'transactional':
      case 'prefix':
        scanner.scalar();
        if (scanner.start !== COLUMN_NULL) texts[key] = bytes.toString('utf8', scanner.start, scanner.end);
        break;
      default:
        scanner.pass();
    }
  }
  if (scanner.position !== bytes.length) throw scanner.unexpected();
  const { action = '', xid, timestamp = '', lsn = '', nextlsn = '', transactional, prefix = '' } = texts;
  return {
    bytes,
    action,
    xid: Number(xid),
    timestamp,
    lsn,
    nextlsn,
    table: tableOf(texts),
    columns: lists['columns'],
    identity: lists['identity'],
    transactional: transactional === 't',
    prefix,
    content,
  };
}

function tableOf({ schema, table }: Readonly<Record<string, string>>): string | undefined {
  return schema === undefined || table === undefined ? undefined : `${schema}.${table}`;
}

/** Throws a ProtocolError. */
export function lsnOf(text: string): Lsn {
  try {
    return parseLsn(text);
  } catch (cause) {
    throw new ProtocolError('a wal2json message has a position that is none', { cause });
  }
}

const TIMESTAMP = /^(\d{4,6})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?\+00$/;

/** Microseconds since 1970, of a timestamp as Postgres prints it in UTC. */
export function microsOf(text: string): bigint {
  const [, year, month, day, hour, minute, second, fraction = ''] = TIMESTAMP.exec(text) ?? [];
  if (year === undefined) throw new ProtocolError('a wal2json message has a timestamp that is not in UTC');
  const seconds = Date.UTC(
    +year,
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  return BigInt(seconds) * 1000n + BigInt(fraction.padEnd(6, '0'));
}
