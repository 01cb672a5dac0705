import type { LetterChanges } from './dead-letter.ts';

/** Placeholder of the lead until the room is merged. */
export class DeadLetters {
  readonly isEmpty = true;
  readonly count = 0;
  constructor(_options: { url: string; slot: string }) {}
  async open(): Promise<void> {}
  mayHold(_index: string, _objectID: string): boolean {
    return false;
  }
  mayHoldTable(_table: string): boolean {
    return false;
  }
  async apply(_changes: LetterChanges): Promise<void> {}
  async close(): Promise<void> {}
}
