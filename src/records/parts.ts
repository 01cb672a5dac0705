import type { Step } from './operations.ts';

/**
 * A batch in two parts, of which the first is written before the second. Its positions go with the second: a refresh may have been left out because
 * its record is written again further on, and until then nothing behind it may be confirmed.
 */
export function partsAt(
  steps: readonly Step[],
  at: number,
): { readonly part: readonly Step[]; readonly rest: readonly Step[] } {
  const before = steps.slice(0, at);
  const last = before.findLast(({ kind }) => kind === 'position');
  const part = before.filter(({ kind }) => kind !== 'position');
  return { part, rest: [...(last === undefined ? [] : [last]), ...steps.slice(at)] };
}
