export const LATE = Symbol('late');

/** What the promise resolves with, or LATE when that takes longer than `limitMs`. Rejects when the promise does so in time. */
export async function withinMs<T>(limitMs: number, promise: Promise<T>): Promise<T | typeof LATE> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(resolve, limitMs, LATE);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}
