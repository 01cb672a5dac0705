import { catchError, defer, EMPTY, map, type Observable, of, repeat, throwError } from 'rxjs';
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

/** So many refusals in one write are about single records; with more it is cheaper to halve as well. */
const FEW = 5;

/**
 * Writes actions in as few requests as it takes, in order: halves what is too large, and finds a record that is refused, by its name or else by
 * halving, so that the others are written. A name only says where to cut: no record counts as refused that was not sent alone.
 */
export function isolated(actions: readonly Action[], options: IsolationOptions): Observable<Outcome> {
  return defer(() => {
    // The next one stands last. A list and no recursion: a whole batch may be refused, record by record.
    const left = [actions];
    let refusals = 0;
    const cut = (part: readonly Action[], error: unknown): Observable<Outcome> => {
      const { action } = recoveryOf(error);
      if (!(error instanceof RefusedError) || (action !== 'halve' && action !== 'isolate'))
        return throwError(() => error);
      const [only, ...more] = part;
      if (only !== undefined && more.length === 0) return refusedAlone(only, error, options);
      refusals += 1;
      const parts = action === 'isolate' ? aroundNamed(part, error.named, refusals > FEW) : inTwo(part);
      left.push(...parts.toReversed());
      return EMPTY;
    };
    return defer(() => {
      const part = left.pop() ?? [];
      return options.send(part).pipe(
        map((task): Outcome => ({ kind: 'accepted', task })),
        catchError((error: unknown) => cut(part, error)),
      );
    }).pipe(repeat({ delay: () => (left.length > 0 ? of(true) : EMPTY) }));
  });
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

/**
 * What stands before the record that is named, that one, and what stands behind it, in one or in two; in two halves when none is named. With
 * many to come, sending the whole rest again behind each would take as many requests of a whole batch.
 */
function aroundNamed(
  actions: readonly Action[],
  named: NamedRecord,
  areMany: boolean,
): readonly (readonly Action[])[] {
  const at = placeOf(actions, named);
  if (at === undefined) return inTwo(actions);
  const behind = actions.slice(at + 1);
  const parts = [actions.slice(0, at), actions.slice(at, at + 1), ...(areMany ? inTwo(behind) : [behind])];
  return parts.filter(({ length }) => length > 0);
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
