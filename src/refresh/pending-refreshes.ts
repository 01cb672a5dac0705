import { isOperation, type Refresh, type Step } from '../records/operations.ts';

/**
 * The refreshes of one batch that are still wanted, by table: one for a record, and none behind which it is written or deleted
 * again or its table truncated; in the order of the line. That of a change goes before one that somebody asked for. A row that cannot be a record writes
 * nothing, so what is before it still has to be done; a draft may turn out to be one.
 */
export function pendingRefreshes(steps: readonly Step[]): ReadonlyMap<string, readonly Refresh[]> {
  const wanted = new Map<string, Refresh>();
  const written = new Set<string>();
  const truncated = new Set<string>();
  for (const step of steps.toReversed()) {
    if (step.kind === 'truncate') truncated.add(step.table);
    if (step.kind !== 'refresh' && !isOperation(step)) continue;
    const name = `${step.index}\0${step.objectID}`;
    if (step.kind !== 'refresh') written.add(name);
    else if (!written.has(name) && !truncated.has(step.table) && !wanted.get(name)?.isChange)
      wanted.set(name, step);
  }
  const pending = new Map<string, Refresh[]>();
  for (const step of steps) {
    if (step.kind !== 'refresh' || wanted.get(`${step.index}\0${step.objectID}`) !== step) continue;
    const ofTable = pending.get(step.table);
    if (ofTable === undefined) pending.set(step.table, [step]);
    else ofTable.push(step);
  }
  return pending;
}
