import { isOperation, type Refresh, type Step } from '../records/operations.ts';

/**
 * The refreshes of one batch that are still wanted, in the order of the line: one for a record, and none behind which it is written or deleted
 * again or its table truncated. A draft may fail, and a row that cannot be a record writes nothing, so what is before them still has to be done, and
 * so has what is behind.
 */
export function pendingRefreshes(steps: readonly Step[]): readonly Refresh[] {
  const pending = new Set<Refresh>();
  /** By record, the one behind which nothing else of it comes. */
  const nearest = new Map<string, Refresh>();
  const written = new Set<string>();
  const truncated = new Set<string>();
  for (const step of steps.toReversed()) {
    if (step.kind === 'truncate') truncated.add(step.table);
    if (step.kind === 'truncate' || step.kind === 'position' || step.kind === 'unchanged') continue;
    const name = `${step.index}\0${step.objectID}`;
    if (isOperation(step)) written.add(name);
    else if (step.kind !== 'refresh') nearest.delete(name);
    else if (!written.has(name) && !truncated.has(step.table)) {
      const behind = nearest.get(name);
      if (behind !== undefined && weight(step) <= weight(behind)) continue;
      if (behind !== undefined) pending.delete(behind);
      nearest.set(name, step);
      pending.add(step);
    }
  }
  return steps.filter((step) => step.kind === 'refresh' && pending.has(step)) as readonly Refresh[];
}

/** That of a change goes before one that somebody asked for, which may not be granted; and one that takes a record away before one that may leave it. */
function weight({ isChange, isRemoval }: Refresh): number {
  if (isChange) return 2;
  return isRemoval ? 1 : 0;
}
