const BASE_MS = 100;
const CAP_MS = 30_000;
const RETRY_AFTER_CAP_MS = 300_000;
const PATIENCE_BASE_MS = 5_000;
const PATIENCE_CAP_MS = 60_000;

/**
 * How long to wait before the retry numbered `attempt` (from 1): exponential with full jitter, at most 30 s, but not
 * shorter than the server asked for, at most 5 min. `random` gives [0, 1).
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(attempt: number, retryAfterMs: number | undefined, random: () => number): number {
  const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** (attempt - 1));
  return Math.max(random() * ceiling, Math.min(retryAfterMs ?? 0, RETRY_AFTER_CAP_MS));
}

/** How long to wait, before the attempt numbered so, for a person to mend something: never in a hurry, and at most a minute. */
export function patienceMs(attempt: number, random: () => number): number {
  return (0.5 + random() / 2) * Math.min(PATIENCE_CAP_MS, PATIENCE_BASE_MS * 2 ** (attempt - 1));
}

const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Milliseconds that a Retry-After header asks for, in either of its forms, seconds or a date; undefined when there is
 * none or it is neither. https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function readRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim();
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  if (!HTTP_DATE.test(text)) return undefined;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
