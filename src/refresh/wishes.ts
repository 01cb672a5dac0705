import type { Config } from '../config/schema.ts';
import { SessionLostError } from '../errors.ts';
import type { Refresh, Step } from '../records/operations.ts';
import { type Asked, refreshSteps } from '../records/refresh-message.ts';

/** A request that Algolia has accepted. */
type Task = { readonly index: string; readonly taskID: number };

type Waiting = {
  readonly resolve: (tasks: readonly Task[]) => void;
  readonly reject: (error: SessionLostError) => void;
};

/** What this process itself wants to have read again, in the line of one session, and word of when that was written. */
export class Wishes {
  readonly #tables: Config['tables'];
  readonly #recordBytesMax: number;
  readonly #waiting = new Map<Step, Waiting>();
  #enter: ((steps: readonly Refresh[]) => void) | undefined;
  #closed = false;

  constructor(tables: Config['tables'], recordBytesMax: number) {
    this.#tables = tables;
    this.#recordBytesMax = recordBytesMax;
  }

  /** `enter` lets steps into the line, until what is returned is called. */
  connect(enter: (steps: readonly Refresh[]) => void): () => void {
    this.#enter = enter;
    return () => {
      this.#enter = undefined;
    };
  }

  /** Resolves with the tasks of the batch with the last of them, once Algolia has accepted it. Rejects when the session is over. */
  ask(asked: Asked): Promise<readonly Task[]> {
    const steps = refreshSteps(asked, this.#tables, this.#recordBytesMax);
    const last = steps.at(-1);
    if (last === undefined) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      if (this.#closed) reject(over());
      else this.#waiting.set(last, { resolve, reject });
      this.#enter?.(steps);
    });
  }

  /** A batch was accepted, and what had to be set aside is. */
  accepted(taken: readonly Step[], tasks: readonly Task[]): void {
    if (this.#waiting.size === 0) return;
    for (const step of taken) {
      this.#waiting.get(step)?.resolve(tasks);
      this.#waiting.delete(step);
    }
  }

  close(): void {
    this.#closed = true;
    for (const { reject } of this.#waiting.values()) reject(over());
    this.#waiting.clear();
  }
}

function over(): SessionLostError {
  return new SessionLostError('the session is over');
}
