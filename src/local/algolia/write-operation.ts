import type { Arrival } from './arrivals.ts';

/** One step of a task. `record` is the record's JSON text as UTF-8, `objectID` included as a string. */
export type WriteOperation =
  | { readonly kind: 'set'; readonly objectID: string; readonly record: Buffer }
  | { readonly kind: 'merge'; readonly objectID: string; readonly record: Buffer; readonly create: boolean }
  | { readonly kind: 'delete'; readonly objectID: string }
  | { readonly kind: 'deleteBy'; readonly parameters: Readonly<Record<string, unknown>> }
  | { readonly kind: 'settings'; readonly settings: Readonly<Record<string, unknown>> }
  | { readonly kind: 'clear' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'copy'; readonly to: string; readonly scope: CopyScope }
  | { readonly kind: 'move'; readonly to: string };

/** Records and settings, the latter alone, or what this server does not have: rules and synonyms. */
export type CopyScope = 'all' | 'settings' | 'nothing';

/** What one accepted request does to one index. Tasks of an index are applied in the order of their ids unless `late`. */
export type Task = {
  readonly taskID: number;
  readonly index: string;
  readonly acceptedAtMs: number;
  readonly operations: readonly WriteOperation[];
  /** Held back by a fault: applied when the log says so, or at the end of a replay. */
  readonly late: boolean;
  /** Known while the journal remembers the task; not kept in the log. */
  readonly arrival?: Arrival | undefined;
};

/** The indices that a task belongs to: its own, and that to which it copies or moves it. */
export function indicesOf({ index, operations }: Pick<Task, 'index' | 'operations'>): string[] {
  const targets = operations.flatMap((operation) =>
    operation.kind === 'copy' || operation.kind === 'move' ? [operation.to] : [],
  );
  return [...new Set([index, ...targets])];
}
