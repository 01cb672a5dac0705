import type { DeadLetter } from './dead-letter.ts';

export type LetterSummary = Pick<DeadLetter, 'table' | 'index' | 'reason' | 'httpStatus' | 'message'> & {
  readonly count: number;
};

/** For those who are told that rows were set aside: how many for which reason, with the message of the first. No objectID, no value. */
export function summary(letters: readonly DeadLetter[]): readonly LetterSummary[] {
  const byReason = new Map<string, LetterSummary>();
  for (const { table, index, reason, httpStatus, message } of letters) {
    const name = JSON.stringify([table, index, reason, httpStatus]);
    const count = (byReason.get(name)?.count ?? 0) + 1;
    byReason.set(name, { table, index, reason, httpStatus, message, ...byReason.get(name), count });
  }
  return [...byReason.values()];
}
