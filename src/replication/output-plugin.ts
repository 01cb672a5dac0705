import type { CatalogTable } from '../database/tables.ts';
import type { WalMessage } from './messages.ts';
import { PgoutputDecoder } from './pgoutput.ts';
import { Wal2JsonDecoder } from './wal2json.ts';

/** Appends what the plugin wrote as one message, `bytes[start, end)`. Throws a ProtocolError; row images point into `bytes`, which may be written to. */
export type Decode = (bytes: Buffer, start: number, end: number, into: WalMessage[]) => void;

/** What a session must know of the plugin that its slot decodes with. */
export type OutputPlugin = {
  /** As START_REPLICATION takes them. https://www.postgresql.org/docs/current/protocol-replication.html#PROTOCOL-REPLICATION-START-REPLICATION-SLOT-LOGICAL */
  readonly options: string;
  readonly decode: Decode;
};

/** https://www.postgresql.org/docs/current/protocol-logical-replication.html#PROTOCOL-LOGICAL-REPLICATION-PARAMS */
export function pgoutput(publications: readonly string[]): OutputPlugin {
  const decoder = new PgoutputDecoder();
  // Identifiers inside a string: quoted as both.
  const names = publications.map((name) => `"${name.replaceAll('"', '""')}"`).join(',');
  return {
    options: options({ proto_version: '1', publication_names: names, messages: 'true' }),
    decode: (bytes, start, end, into) => into.push(decoder.decode(bytes, start, end)),
  };
}

/** https://github.com/eulerto/wal2json#parameters */
export function wal2json(tables: readonly CatalogTable[]): OutputPlugin {
  const decoder = new Wal2JsonDecoder(tables);
  return {
    options: options({
      'format-version': '2',
      'include-lsn': '1',
      'include-xids': '1',
      'include-timestamp': '1',
      'include-types': '1',
      'include-type-oids': '1',
      'include-transaction': '1',
      actions: 'insert,update,delete,truncate',
      'add-tables': tables.map(({ schema, name }) => `${escaped(schema)}.${escaped(name)}`).join(','),
    }),
    decode: (bytes, start, end, into) => decoder.decode(bytes.subarray(start, end), into),
  };
}

/** What wal2json would take for the end of a name, a separator or a wildcard stands behind a backslash. */
function escaped(name: string): string {
  return name.replace(/[\\,.*\t\n\v\f\r ]/g, '\\$&');
}

function options(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `"${name}" '${value.replaceAll("'", "''")}'`)
    .join(', ');
}
