import { microsText } from '../../config/instant.ts';
import type { Config } from '../../config/schema.ts';
import { ShutdownDeadlineError } from '../../errors.ts';
import { formatLsn, type Lsn } from '../../lsn.ts';
import type { Until } from '../../replication/wal-range.ts';
import type { Context } from '../context.ts';
import type { LastingConnection } from './lasting-connection.ts';

export type Bookmarked = {
  readonly name: string;
  readonly slot: string;
  readonly lsn: Lsn;
  /** In microseconds since 1970; undefined where nobody has noted it. */
  readonly madeAtMicros: bigint | undefined;
};

/** One replay: what it reads, from where to where, and with what. */
export type Replay = {
  readonly context: Context;
  readonly connection: LastingConnection;
  readonly config: Config;
  /** Those that are meant, as they are configured. */
  readonly tables: Config['tables'];
  readonly bookmark: Bookmarked;
  readonly until: Until;
  /** Throws a UsageError where it turned out that nothing lies between the two, once all was read. */
  readonly checkFound: () => void;
  /** What whoever reads the result should know. */
  readonly notices: readonly string[];
};

/** For --json. */
export function replayFacts({ bookmark, until, tables, notices }: Replay): object {
  return {
    bookmark: bookmark.name,
    from: formatLsn(bookmark.lsn),
    until: formatLsn(until.lsn),
    before: until.micros === undefined ? null : microsText(until.micros),
    tables: Object.keys(tables),
    notices,
  };
}

export function endedEarly(at: Lsn, remedy: string): ShutdownDeadlineError {
  return new ShutdownDeadlineError(`told to end before all was replayed, at ${formatLsn(at)}`, { remedy });
}
