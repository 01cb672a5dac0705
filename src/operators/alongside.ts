import { defer, type MonoTypeOperatorFunction, merge, type Observable, Subject, takeUntil, tap } from 'rxjs';

/** Lets `other` into the stream for as long as the source goes on; completes with the source. */
export function alongside<T>(other: Observable<T>): MonoTypeOperatorFunction<T> {
  return (source) =>
    defer(() => {
      const ended = new Subject<void>();
      return merge(source.pipe(tap({ complete: () => ended.next() })), other.pipe(takeUntil(ended)));
    });
}
