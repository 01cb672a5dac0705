import { catchError, concat, defer, map, type Observable, of, throwError } from 'rxjs';
import { MassRefusalError } from '../errors.ts';
import { recoveryOf } from '../failure-policy.ts';
import type { Operation } from '../records/operations.ts';
import type { Action } from './batch-work.ts';
import { RefusedError } from './failures.ts';
import type { NamedRecord } from './named-record.ts';
import type { Task } from './written.ts';

/** What became of some of the actions: accepted with a task, or the one that is refused. */
export type Outcome =
  | { readonly kind: 'accepted'; readonly task: Task }
  | { readonly kind: 'refused'; readonly operation: Operation; readonly refusal: RefusedError };

export type IsolationOptions = {
  /** One request, sent again for as long as that makes sense. */
  readonly send: (actions: readonly Action[]) => Observable<Task>;
  /** Told of each record that is refused by itself; may throw when they are too many. */
  readonly onRefused: (operation: Operation, refusal: RefusedError) => void;
};

/**
 * Writes actions in as few requests as it takes, in order: halves what is too large, and finds a record that is refused, by its name or else by
 * halving, so that the others are written. A name only says where to cut: no record counts as refused that was not sent alone.
 */
export function isolated(actions: readonly Action[], options: IsolationOptions): Observable<Outcome> {
  return options.send(actions).pipe(
    map((task): Outcome => ({ kind: 'accepted', task })),
    catchError((error: unknown) => {
      const { action } = recoveryOf(error);
      if (!(error instanceof RefusedError) || (action !== 'halve' && action !== 'isolate'))
        return throwError(() => error);
      const [only, ...more] = actions;
      if (only !== undefined && more.length === 0) return defer(() => refusedAlone(only, error, options));
      const parts = action === 'isolate' ? aroundNamed(actions, error.named) : inTwo(actions);
      return concat(...parts.map((part) => defer(() => isolated(part, options))));
    }),
  );
}

function refusedAlone(
  only: Action,
  refusal: RefusedError,
  { onRefused }: IsolationOptions,
): Observable<Outcome> {
  if (only.kind === 'truncate') {
    throw new MassRefusalError(`clearing index ${only.index} is refused: ${refusal.message}`, {
      cause: refusal,
      ...(refusal.remedy === undefined ? {} : { remedy: refusal.remedy }),
    });
  }
  onRefused(only, refusal);
  return of({ kind: 'refused', operation: only, refusal });
}

/** What stands before the record that is named, that one, and what stands behind it; in two halves when none is. */
function aroundNamed(actions: readonly Action[], named: NamedRecord): readonly (readonly Action[])[] {
  const at = placeOf(actions, named);
  if (at === undefined) return inTwo(actions);
  return [actions.slice(0, at), actions.slice(at, at + 1), actions.slice(at + 1)].filter(
    ({ length }) => length > 0,
  );
}

function placeOf(actions: readonly Action[], { position, objectID }: NamedRecord): number | undefined {
  const found = actions.findIndex((action) => action.kind !== 'truncate' && action.objectID === objectID);
  if (found !== -1) return found;
  return position !== undefined && position < actions.length ? position : undefined;
}

function inTwo(actions: readonly Action[]): readonly (readonly Action[])[] {
  const middle = Math.ceil(actions.length / 2);
  return [actions.slice(0, middle), actions.slice(middle)];
}
