import { performance } from 'node:perf_hooks';
import { concat, concatMap, defer, EMPTY, expand, ignoreElements, type Observable, of, reduce } from 'rxjs';
import type { Operation } from '../records/operations.ts';
import type { Action } from './batch-work.ts';
import type { Algolia } from './client.ts';
import { persistent, type RetryOptions } from './persistence.ts';
import { taskPublished } from './publication.ts';
import { PublishingTime } from './publishing-time.ts';
import type { Task } from './written.ts';

export type RemovalOptions = RetryOptions & {
  readonly algolia: Pick<Algolia, 'browse' | 'isPublished'>;
  readonly nowMs?: (() => number) | undefined;
  readonly index: string;
  readonly table: string;
  /** What the objectIDs to remove begin with, and no others do. */
  readonly prefix: string;
  readonly write: (deletions: readonly Action[]) => Observable<Task>;
};

/**
 * Removes the records of one table from an index that others share, and completes once they are gone for searches as well. Deleting by a
 * filter would need an attribute that the operator made one; a walk over the objectIDs needs nothing but the right to browse. A walk
 * sees what is published, and promises nothing about what changes meanwhile, so it is taken again until it finds nothing.
 * https://www.algolia.com/doc/rest-api/search/#tag/Search/operation/browse
 */
export function removeTable(options: RemovalOptions): Observable<never> {
  const round = defer(() => walk(options));
  return round.pipe(
    expand((removed) => (removed === 0 ? EMPTY : round)),
    ignoreElements(),
  );
}

/** Emits how many it removed. */
function walk(options: RemovalOptions): Observable<number> {
  const { algolia, index, prefix, write } = options;
  const page = (cursor?: string): Observable<number> =>
    defer(() => algolia.browse(index, cursor)).pipe(
      persistent(options),
      concatMap((found) => {
        const own = found.objectIDs.filter((objectID) => objectID.startsWith(prefix));
        const deletions = own.map((objectID) => deletion(objectID, options));
        const removed = own.length === 0 ? EMPTY : write(deletions).pipe(ignoreElements());
        return concat(removed, of(own.length), found.cursor === undefined ? EMPTY : page(found.cursor));
      }),
    );
  return concat(published(options), page()).pipe(reduce((sum, removed) => sum + removed, 0));
}

/**
 * Waits until everything that was written to the index before is published, also by a session that is gone: tasks of one index are
 * worked off in order, so one more stands behind them all. It deletes a record that is to go in any case, if it is there.
 */
function published(options: RemovalOptions): Observable<never> {
  const { algolia, write, nowMs = () => performance.now() } = options;
  return write([deletion(options.prefix, options)]).pipe(
    concatMap((task) =>
      taskPublished(task, nowMs(), new PublishingTime(), {
        ...options,
        isPublished: algolia.isPublished,
        confirmAfter: 'published',
      }),
    ),
    ignoreElements(),
  );
}

function deletion(objectID: string, { index, table }: RemovalOptions): Operation {
  const bytes = Buffer.from(JSON.stringify({ action: 'deleteObject', body: { objectID } }));
  return { kind: 'delete', table, index, objectID, bytes, start: 0, end: bytes.length };
}
