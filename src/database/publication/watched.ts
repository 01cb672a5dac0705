import type { GapError } from '../../errors.ts';
import type { Lsn } from '../../lsn.ts';
import { namedTablesFingerprintSql, namedTablesGap } from './named-tables.ts';
import { fingerprintSql, publicationGap } from './publication.ts';

/** What decides which rows a slot sends, and must not change while we read it. */
export type Watched = {
  readonly names: readonly string[];
  /** SQL of a text that changes whenever one of them does; `$names` stands where the names' parameter goes. */
  fingerprintSql(serverVersion: number, names: string): string;
  /** What a change means that came between the last look and this one, at `to`. */
  gap(positions: { readonly confirmed: Lsn; readonly lastLook: Lsn; readonly to: Lsn }): GapError;
};

/** The publications; the tables themselves where the plugin knows none. */
export function watched(options: {
  readonly plugin: string;
  readonly publications: readonly string[];
  /** Qualified names. */
  readonly tables: readonly string[];
}): Watched {
  if (options.plugin !== 'wal2json') {
    return {
      names: options.publications,
      fingerprintSql,
      gap: ({ lastLook, to }) => publicationGap(lastLook, to),
    };
  }
  return {
    names: options.tables,
    fingerprintSql: (_serverVersion, names) => namedTablesFingerprintSql(names),
    // What was not confirmed is sent again, but under the old name, which nobody asks for any more.
    gap: ({ confirmed, lastLook, to }) => namedTablesGap(confirmed < lastLook ? confirmed : lastLook, to),
  };
}
