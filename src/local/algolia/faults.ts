import { type RecordEffect, refusalOf, type WrittenRecord } from './record-faults.ts';
import type { Lateness } from './task-queue.ts';

/** What goes wrong with a request. Everything but `refuse` and a reset before applies the request's writes. */
export type RequestEffect =
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
  /** Accepts, but the task takes effect only after later ones of its index or after some time; then answers, or resets the connection. */
  | { readonly kind: 'late'; readonly applyAfter: Lateness; readonly answer?: 'sent' | 'reset' }
  /** Accepts and applies, but asked for the task, the server has never heard of it. */
  | { readonly kind: 'forget' };

export type FaultEffect = RequestEffect | RecordEffect;

export type Fault = FaultEffect & {
  /** How many matching requests it meets. When absent: one, or for `poison` and `quota` all until they are cleared. */
  readonly times?: number;
  /** How many matching requests pass before. */
  readonly skip?: number;
  readonly method?: string;
  /** A part of the URL's path, such as `/batch`. */
  readonly path?: string;
  readonly index?: string;
};

type Armed = {
  readonly fault: Fault;
  skip: number;
  times: number;
  /** Records that it let pass. */
  passed: number;
};

export type FaultTarget = {
  readonly method: string;
  readonly path: string;
  readonly index: string | undefined;
};

/**
 * Faults waiting for their requests. A request meets the first that matches; the server runs on as if nothing were wrong. What it
 * writes may meet one that is about records besides.
 */
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
    for (const fault of faults) {
      const times = fault.times ?? (isOfRecords(fault) ? Number.POSITIVE_INFINITY : 1);
      this.#armed.push({ fault, skip: fault.skip ?? 0, times, passed: 0 });
    }
  }

  /** Takes away all of them, or those of one kind. */
  clear(kind?: FaultEffect['kind']): void {
    this.#armed = this.#armed.filter(({ fault }) => kind !== undefined && fault.kind !== kind);
  }

  take(target: FaultTarget): RequestEffect | undefined {
    for (const armed of this.#armed) {
      const { fault } = armed;
      if (!isOfRecords(fault) && matches(fault, target) && this.#meets(armed)) return fault;
    }
    return undefined;
  }

  get areOfRecords(): boolean {
    return this.#armed.some(({ fault }) => isOfRecords(fault));
  }

  /** To be asked before the records of a request are accepted. Throws a Refusal of the whole request. */
  admit(target: FaultTarget, records: readonly WrittenRecord[]): void {
    const passing: [Armed, number][] = [];
    for (const armed of this.#armed) {
      const { fault } = armed;
      if (!isOfRecords(fault)) continue;
      const affected = records.filter(({ index }) => matches(fault, { ...target, index }));
      const refusal = refusalOf(fault, affected, armed.passed);
      if (refusal !== undefined && this.#meets(armed)) throw refusal;
      passing.push([armed, affected.length]);
    }
    for (const [armed, count] of passing) armed.passed += count;
  }

  #meets(armed: Armed): boolean {
    if (armed.skip > 0) {
      armed.skip -= 1;
      return false;
    }
    armed.times -= 1;
    this.#armed = this.#armed.filter(({ times }) => times > 0);
    this.#met += 1;
    return true;
  }
}

function isOfRecords(fault: FaultEffect): fault is RecordEffect {
  return fault.kind === 'poison' || fault.kind === 'quota';
}

function matches(fault: Fault, { method, path, index }: FaultTarget): boolean {
  return (
    (fault.method === undefined || fault.method.toUpperCase() === method) &&
    (fault.path === undefined || path.includes(fault.path)) &&
    (fault.index === undefined || fault.index === index)
  );
}
