/** Resolves when the signal is aborted, or after so many milliseconds if that comes first. */
export function stopped(signal: AbortSignal, withinMs?: number): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    // Without a limit a timer still has to keep the process alive: a signal handler does not.
    const timer = setTimeout(end, withinMs ?? LONGEST_TIMER_MS);
    signal.addEventListener('abort', end, { once: true });
  });
}

/** Node fires longer ones at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
