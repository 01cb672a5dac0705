import { InvalidArgumentError } from 'commander';
import { instantMicros, microsText } from '../../config/instant.ts';
import type { WalEnd } from '../../database/wal-end.ts';
import { UsageError } from '../../errors.ts';
import { formatLsn, type Lsn, parseLsn } from '../../lsn.ts';
import type { Until } from '../../replication/wal-range.ts';
import type { Bookmarked } from './replay-facts.ts';

/** What `--until` may say: a position, or microseconds since the epoch; neither for now. */
export type AskedUntil = { readonly lsn?: Lsn; readonly micros?: bigint };

/** Commander adds the name of the option and says what is wrong with exit code 64. */
export function askedUntil(text: string): AskedUntil {
  if (text === 'now') return {};
  const micros = instantMicros(text);
  if (micros !== undefined) return { micros };
  return {
    lsn: askedLsn(text, 'now, a position such as 0/1A2B3C4, or an instant such as 2026-11-23T14:00:00Z'),
  };
}

export function askedLsn(text: string, expected = 'a position such as 0/1A2B3C4'): Lsn {
  try {
    return parseLsn(text);
  } catch {
    throw new InvalidArgumentError(`Expected ${expected}.`);
  }
}

/** The end of a replay from `from`, given where the WAL ends. Throws a UsageError where there is nothing in between. */
export function replayEnd({ lsn, micros }: AskedUntil, from: Lsn, end: WalEnd): Until {
  if (lsn !== undefined && lsn > end.lsn) {
    throw new UsageError(`--until ${formatLsn(lsn)} lies behind the end of the WAL, ${formatLsn(end.lsn)}`, {
      remedy: 'Leave it out to replay all that there is by now.',
    });
  }
  if (lsn !== undefined && lsn <= from) {
    throw new UsageError(
      `--until ${formatLsn(lsn)} is not behind the bookmark, which stands at ${formatLsn(from)}`,
      {
        remedy: 'What lies before it needs an earlier bookmark.',
      },
    );
  }
  if (micros !== undefined && micros > end.micros) {
    throw new UsageError('--until is a time that is still to come by the clock of the server', {
      remedy: 'Leave it out to replay all that there is by now.',
    });
  }
  return { lsn: lsn ?? end.lsn, micros };
}

/**
 * Throws a UsageError where the end is a time before all that came after the bookmark. That one was made before it does not say so: the slot may
 * have stood far behind by then, and from there on all is kept.
 */
export function checkBetween(
  { name, madeAtMicros }: Pick<Bookmarked, 'name' | 'madeAtMicros'>,
  { micros }: Until,
  transactions: number,
): void {
  if (transactions > 0 || micros === undefined || madeAtMicros === undefined || micros > madeAtMicros) return;
  throw new UsageError(
    `--until ${microsText(micros)} lies before bookmark "${name}", which was made at ${microsText(madeAtMicros)}: nothing that it keeps was committed by then`,
    { remedy: 'What lies before it needs an earlier bookmark. No record was written.' },
  );
}
