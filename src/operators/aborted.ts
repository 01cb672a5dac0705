import { Observable } from 'rxjs';

/** Emits once the signal is aborted, also when it already was; never without a signal. */
export function aborted(signal: AbortSignal | undefined): Observable<void> {
  return new Observable((subscriber) => {
    const emit = (): void => subscriber.next();
    if (signal?.aborted) emit();
    signal?.addEventListener('abort', emit, { once: true });
    return () => signal?.removeEventListener('abort', emit);
  });
}
