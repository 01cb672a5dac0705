import { concat, defer, EMPTY, map, NEVER, type Observable, Subject, takeUntil, takeWhile } from 'rxjs';
import type { WalMessage } from './messages.ts';
import type { Session } from './session.ts';
import type { WalRange } from './wal-range.ts';

/** The session as far as the range goes: its messages complete once the last of them is confirmed, and until then leave time for what may come late. */
export function rangedSession(session: Session, range: WalRange): Session {
  const confirmed = new Subject<void>();
  let confirmedLsn = session.startLsn;
  const rest = defer(() => {
    if (!range.isReached || confirmedLsn >= range.lastLsn) return EMPTY;
    return NEVER;
  });
  return {
    ...session,
    messages: concat(upTo(range, session.messages), rest).pipe(takeUntil(confirmed)),
    confirm: (lsn) => {
      session.confirm(lsn);
      confirmedLsn = lsn;
      if (range.isReached && lsn >= range.lastLsn) confirmed.next();
    },
  };
}

/** Completes when the end is reached, or with the messages. */
export function upTo(
  range: WalRange,
  messages: Observable<readonly WalMessage[]>,
): Observable<readonly WalMessage[]> {
  return messages.pipe(
    map((run) => range.pick(run)),
    takeWhile(() => !range.isReached, true),
  );
}
