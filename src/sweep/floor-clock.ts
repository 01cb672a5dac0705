/** Two clocks may be so far apart, and an answer may take so long. */
const DIFFERENCE_MAX_MS = 60_000;
export const DAY_MS = 86_400_000;

/**
 * The time as this process counts it: by the clock of its start, and from then on by one that never jumps.
 * https://nodejs.org/api/perf_hooks.html#performancetimeorigin
 */
export function steadyNowMs(): number {
  return performance.timeOrigin + performance.now();
}

/** How many milliseconds a server's clock is off ours where that is too much to remove anything by it; undefined where they agree. */
export function clockDifferenceMs(serverNowMs: number, steadyMs: number): number | undefined {
  const differenceMs = Math.round(serverNowMs - steadyMs);
  return Math.abs(differenceMs) > DIFFERENCE_MAX_MS ? differenceMs : undefined;
}

/** Whole milliseconds, as records have them. */
export function floorMs(serverNowMs: number, days: number): number {
  return Math.floor(serverNowMs) - days * DAY_MS;
}
