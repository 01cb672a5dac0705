import { concatMap, defer, EMPTY, from, type Observable, of, repeat } from 'rxjs';

/** What is written next, and what is left for later; nothing is left behind the last part. */
export type Parts<T> = { readonly part: readonly T[]; readonly rest: readonly T[] };

/**
 * Writes `items` part by part: `next` says what goes first, and is asked about what is left once that is written. An empty part is written only where
 * it is the last. One behind the other and none inside another, so that thousands of them are no deeper a stack than one.
 */
export function inParts<T, R>(
  items: readonly T[],
  next: (items: readonly T[]) => Promise<Parts<T>>,
  write: (part: readonly T[]) => Observable<R>,
): Observable<R> {
  return defer(() => {
    let left = items;
    return defer(() => from(next(left))).pipe(
      concatMap(({ part, rest }) => {
        left = rest;
        return part.length === 0 && rest.length > 0 ? EMPTY : write(part);
      }),
      repeat({ delay: () => (left.length === 0 ? EMPTY : of(true)) }),
    );
  });
}
