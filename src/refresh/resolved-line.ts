import { type Refresh, requestBytes, type Step } from '../records/operations.ts';

/**
 * `steps` with what was found in the place of their refreshes; those that are not `pending` have nothing. Where one was not read, or what
 * comes before has no room for it, the rest follows as it was given, beginning with that refresh.
 */
export function resolvedLine(
  steps: readonly Step[],
  pending: ReadonlySet<Refresh>,
  found: ReadonlyMap<Refresh, readonly Step[]>,
  bytesMax: number,
): readonly Step[] {
  const line: Step[] = [];
  let bytes = 0;
  for (const [at, step] of steps.entries()) {
    const own = step.kind !== 'refresh' ? [step] : pending.has(step) ? found.get(step) : [];
    const bytesBefore = bytes;
    for (const each of own ?? []) bytes += requestBytes(each);
    // Behind what weighs nothing, such as a position, even the largest goes: it will never have more room.
    const hasRoom = step.kind !== 'refresh' || bytes <= bytesMax || bytesBefore === 0;
    if (own === undefined || !hasRoom) return line.concat(steps.slice(at));
    line.push(...own);
  }
  return line;
}
