import { concat, defer, EMPTY, mergeMap, type Observable, tap, toArray } from 'rxjs';
import { MassRefusalError } from '../errors.ts';
import type { Action, IndexWork } from './batch-work.ts';
import type { RefusedError } from './failures.ts';
import { isolated, type Outcome } from './isolation.ts';
import type { KnownLetters } from './letters.ts';
import { persistent } from './persistence.ts';
import { Refusals } from './refusals.ts';
import { type RemovalOptions, removeTable } from './removal.ts';
import type { RequestOptions, Requests } from './requests.ts';
import type { Unsettled } from './unsettled.ts';
import type { Task } from './written.ts';

type IndexWriterOptions = RequestOptions &
  Pick<RemovalOptions, 'algolia' | 'nowMs'> & {
    readonly letters?: KnownLetters | undefined;
    readonly massRefusals?: 'wait' | 'set-aside' | undefined;
  };

/**
 * Writes what one batch means for one index: tables that are truncated first, then the records. Emits what became of them once all are
 * accepted or refused by themselves. When so many are refused that it cannot be the records, the whole of it is tried again, slowly.
 */
export function indexWriter(
  options: IndexWriterOptions,
  requests: Requests,
  unsettled: Unsettled,
): (work: IndexWork) => Observable<readonly Outcome[]> {
  const refusalsOf = new Map<string, Refusals>();

  /** One that is known to be refused says nothing new: asked for again all at once, dead letters are a batch of nothing else. */
  function counts(index: string, objectID: string): boolean {
    const { letters, massRefusals } = options;
    return massRefusals !== 'set-aside' && !(letters?.isExact === true && letters.mayHold(index, objectID));
  }

  /** A removal before it may have left deletions of unknown outcome, of records that are written here. */
  function write(
    index: string,
    actions: readonly Action[],
    truncated?: string,
  ): Observable<readonly Outcome[]> {
    if (actions.length === 0) return EMPTY;
    const refusals = refusalsOf.get(index) ?? new Refusals(index);
    refusalsOf.set(index, refusals);
    return defer(() => {
      const settle = unsettled.writing(index, actions);
      const count = refusals.ofWrite(actions.length);
      return isolated(actions, {
        send: (some) => requests.write(index, some).pipe(tap(() => count.accepted())),
        onRefused: ({ objectID }, refusal) => {
          if (truncated !== undefined) throw notEmptied(truncated, index, refusal);
          if (counts(index, objectID)) count.refused(refusal);
        },
      }).pipe(tap({ complete: () => count.done() }), toArray(), tap({ complete: settle }));
    }).pipe(persistent({ ...options, onRetry: (retry) => options.onRetry?.({ ...retry, index }) }));
  }

  return ({ index, truncations, actions }) =>
    defer(() => {
      const settle = unsettled.writing(index, truncations);
      const removals = truncations.map(({ table, prefix = '' }) =>
        removeTable({
          ...options,
          onRetry: (retry) => options.onRetry?.({ ...retry, index }),
          index,
          table,
          prefix,
          write: (deletions) => write(index, deletions, table).pipe(mergeMap(tasksOf)),
        }),
      );
      return concat(...removals, write(index, actions)).pipe(tap({ complete: settle }));
    });
}

/** As where a whole index cannot be cleared: no row is there any more that could be set aside. */
function notEmptied(table: string, index: string, cause: RefusedError): MassRefusalError {
  return new MassRefusalError(
    `removing the records of ${table} from index ${index} is refused: ${cause.message}`,
    {
      cause,
      ...(cause.remedy === undefined ? {} : { remedy: cause.remedy }),
    },
  );
}

export function tasksOf(outcomes: readonly Outcome[]): readonly Task[] {
  return outcomes.flatMap((outcome) => (outcome.kind === 'accepted' ? [outcome.task] : []));
}
