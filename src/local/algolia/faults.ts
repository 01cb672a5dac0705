import type { Lateness } from './task-queue.ts';

/** What goes wrong. Everything but `refuse` and a reset before applies the request's writes. */
export type FaultEffect =
  /** Answers with a status and does nothing else; `fields` join `message` and `status` in the body. */
  | {
      readonly kind: 'refuse';
      readonly status: number;
      readonly message?: string;
      readonly fields?: Readonly<Record<string, unknown>>;
      readonly retryAfterSeconds?: number;
    }
  /** Resets the connection, before or after the request was accepted. */
  | { readonly kind: 'reset'; readonly when: 'before' | 'after' }
  /** The answer's first byte comes so much later. */
  | { readonly kind: 'slow'; readonly firstByteMs: number }
  /** Accepts, never answers, and closes the connection after a while. */
  | { readonly kind: 'lost'; readonly closeAfterMs: number }
  /** Accepts, but the task takes effect only after the next one of its index or after some time; then answers, or resets the connection. */
  | { readonly kind: 'late'; readonly applyAfter: Lateness; readonly answer?: 'sent' | 'reset' }
  /** Accepts and applies, but asked for the task, the server has never heard of it. */
  | { readonly kind: 'forget' };

export type Fault = FaultEffect & {
  /** How many matching requests it meets; one when absent. */
  readonly times?: number;
  /** How many matching requests pass before. */
  readonly skip?: number;
  readonly method?: string;
  /** A part of the URL's path, such as `/batch`. */
  readonly path?: string;
  readonly index?: string;
};

type Armed = { readonly fault: Fault; skip: number; times: number };

export type FaultTarget = {
  readonly method: string;
  readonly path: string;
  readonly index: string | undefined;
};

/** Faults waiting for their requests. A request meets the first that matches; the server runs on as if nothing were wrong. */
export class Faults {
  #armed: Armed[] = [];
  #met = 0;

  /** How many requests met a fault so far. */
  get met(): number {
    return this.#met;
  }

  /** Those that have requests left to meet. */
  get waiting(): readonly Fault[] {
    return this.#armed.map(({ fault }) => fault);
  }

  add(...faults: readonly Fault[]): void {
    for (const fault of faults) this.#armed.push({ fault, skip: fault.skip ?? 0, times: fault.times ?? 1 });
  }

  clear(): void {
    this.#armed = [];
  }

  take(target: FaultTarget): FaultEffect | undefined {
    for (const armed of this.#armed) {
      if (!matches(armed.fault, target)) continue;
      if (armed.skip > 0) {
        armed.skip -= 1;
        continue;
      }
      armed.times -= 1;
      this.#armed = this.#armed.filter(({ times }) => times > 0);
      this.#met += 1;
      return armed.fault;
    }
    return undefined;
  }
}

function matches(fault: Fault, { method, path, index }: FaultTarget): boolean {
  return (
    (fault.method === undefined || fault.method.toUpperCase() === method) &&
    (fault.path === undefined || path.includes(fault.path)) &&
    (fault.index === undefined || fault.index === index)
  );
}

const LIMITS: Readonly<Record<FaultEffect['kind'], (fault: Record<string, unknown>) => boolean>> = {
  refuse: ({ status }) => isCount(status) && Number(status) >= 400 && Number(status) < 600,
  reset: ({ when }) => when === 'before' || when === 'after',
  slow: ({ firstByteMs }) => isCount(firstByteMs),
  lost: ({ closeAfterMs }) => isCount(closeAfterMs),
  late: ({ applyAfter, answer }) =>
    (applyAfter === 'next' || isCount(applyAfter)) && [undefined, 'sent', 'reset'].includes(answer as string),
  forget: () => true,
};

/** Whether what came over HTTP is a fault. */
export function isFault(value: unknown): value is Fault {
  if (typeof value !== 'object' || value === null) return false;
  const fault = value as Record<string, unknown>;
  const limit = Object.hasOwn(LIMITS, String(fault['kind']))
    ? LIMITS[fault['kind'] as FaultEffect['kind']]
    : undefined;
  const counts = [fault['times'], fault['skip']].every((count) => count === undefined || isCount(count));
  const texts = ['method', 'path', 'index'].every((name) =>
    ['undefined', 'string'].includes(typeof fault[name]),
  );
  return limit?.(fault) === true && counts && texts;
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0;
}
