import { inspect } from 'node:util';

const REDACTED = '[redacted]';

/** A password, key or connection URL. Whatever prints, logs or serialises it gets `[redacted]`; only `reveal` hands it out. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** For the one call that needs it; the result goes into no message, log line or URL that is shown. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
