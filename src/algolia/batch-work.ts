import type { Operation, Position, Step, Truncation, Unchanged, Unfit } from '../records/operations.ts';
import { isOperation } from '../records/operations.ts';

/** What a request is made of. */
export type Action = Operation | Truncation;

/** What one batch means for one index. */
export type IndexWork = {
  readonly index: string;
  /** Tables of an index that others share, whose records are removed before anything else. */
  readonly truncations: readonly Truncation[];
  /** In order, no objectID twice; a truncation can only be the first, and is then the clearing of the whole index. */
  readonly actions: readonly Action[];
};

export type Batch = {
  readonly work: readonly IndexWork[];
  /** Rows that were read again in vain. */
  readonly unchanged: readonly Unchanged[];
  /** Rows that have to be set aside, unless something behind them wrote their record again. */
  readonly unfit: readonly Unfit[];
  /** The last one among the steps; it lies at or before the last operation's transaction, never behind it. */
  readonly position: Position | undefined;
  /** Sum of all actions' bytes, also of those that were coalesced away. */
  readonly bytes: number;
};

/** Throws on a refresh and a draft: those are replaced before. */
export function toBatch(steps: readonly Step[]): Batch {
  const byIndex = new Map<string, Action[]>();
  const unchanged: Unchanged[] = [];
  let hasUnfit = false;
  let position: Position | undefined;
  let bytes = 0;
  for (const step of steps) {
    if (step.kind === 'position') position = step;
    else if (step.kind === 'unchanged') unchanged.push(step);
    else if (step.kind === 'unfit') hasUnfit = true;
    else if (step.kind === 'refresh' || step.kind === 'draft')
      throw new TypeError(`a ${step.kind} came to the writer`);
    else {
      bytes += step.end - step.start;
      const list = byIndex.get(step.index);
      if (list === undefined) byIndex.set(step.index, [step]);
      else list.push(step);
    }
  }
  return {
    work: [...byIndex].map(([index, actions]) => indexWork(index, actions)),
    unchanged,
    unfit: hasUnfit ? lastUnfit(steps) : [],
    position,
    bytes,
  };
}

/** Of those of one record the last, and none behind which the record was written or deleted, or its table truncated. */
function lastUnfit(steps: readonly Step[]): readonly Unfit[] {
  const done = new Set<string>();
  const truncated = new Set<string>();
  const last: Unfit[] = [];
  for (const step of steps.toReversed()) {
    if (step.kind === 'truncate') truncated.add(step.table);
    if (step.kind !== 'unfit' && !isOperation(step)) continue;
    const name = step.objectID === undefined ? undefined : `${step.index}\0${step.objectID}`;
    const isOver = truncated.has(step.table) || (name !== undefined && done.has(name));
    if (step.kind === 'unfit' && !isOver) last.push(step);
    if (name !== undefined) done.add(name);
  }
  return last.reverse();
}

/** Of changes of one objectID only the last survives, since each carries the full image; of a table's changes none from before it was truncated. */
function indexWork(index: string, actions: readonly Action[]): IndexWork {
  if (!actions.some(({ kind }) => kind === 'truncate')) {
    return { index, truncations: [], actions: lastOfEach(actions as readonly Operation[]) };
  }
  const truncatedAt = new Map<string, number>();
  for (const [at, action] of actions.entries())
    if (action.kind === 'truncate') truncatedAt.set(action.table, at);
  const last = [...truncatedAt.values()].map((at) => actions[at]).filter((each) => each?.kind === 'truncate');
  const operations = actions.filter(
    (action, at): action is Operation =>
      action.kind !== 'truncate' && at > (truncatedAt.get(action.table) ?? -1),
  );
  const clearing = last.filter(({ prefix }) => prefix === undefined);
  return {
    index,
    truncations: last.filter(({ prefix }) => prefix !== undefined),
    actions: [...clearing, ...lastOfEach(operations)],
  };
}

function lastOfEach(operations: readonly Operation[]): readonly Operation[] {
  const distinct = new Set<string>();
  for (const { objectID } of operations) distinct.add(objectID);
  if (distinct.size === operations.length) return operations;
  const lastAt = new Map(operations.map(({ objectID }, at) => [objectID, at]));
  return operations.filter(({ objectID }, at) => lastAt.get(objectID) === at);
}
