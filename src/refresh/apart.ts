import type { Refresh } from '../records/operations.ts';

/** By table and relation; and wishes for themselves, so that they cannot stop a change from being followed. */
export function apart(wanted: readonly Refresh[]): Iterable<readonly Refresh[]> {
  const groups = new Map<string, Refresh[]>();
  let last: Refresh | undefined;
  let together: Refresh[] = [];
  for (const refresh of wanted) {
    if (last !== undefined && isTogether(last, refresh)) {
      together.push(refresh);
      continue;
    }
    last = refresh;
    const name = `${refresh.isChange} ${refresh.relationOid} ${refresh.table}`;
    together = groups.get(name) ?? [];
    together.push(refresh);
    groups.set(name, together);
  }
  return groups.values();
}

function isTogether(one: Refresh, other: Refresh): boolean {
  return (
    one.table === other.table && one.relationOid === other.relationOid && one.isChange === other.isChange
  );
}
