import {
  defer,
  type MonoTypeOperatorFunction,
  merge,
  type Observable,
  ReplaySubject,
  takeUntil,
  tap,
} from 'rxjs';

/** Lets `other` into the stream for as long as the source goes on; completes with the source. */
export function alongside<T>(other: Observable<T>): MonoTypeOperatorFunction<T> {
  return (source) =>
    defer(() => {
      // A source that completes while it is subscribed to has ended before the other begins.
      const ended = new ReplaySubject<void>(1);
      return merge(source.pipe(tap({ complete: () => ended.next() })), other.pipe(takeUntil(ended)));
    });
}
