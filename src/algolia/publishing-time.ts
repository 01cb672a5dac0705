const PAUSE_MIN_MS = 20;
const PAUSE_MAX_MS = 5_000;
/** Publishing takes now a little more, now a little less. */
const MARGIN = 1.1;
/** So many first questions in time one after the other say that publishing has become much faster. */
const IN_TIME_MANY = 16;

/** When to ask whether a task is published: learned from the tasks before it, so that under load one question is enough for most. */
export class PublishingTime {
  #learnedMs = 0;
  #inTime = 0;

  /** From acceptance to the first question. Bounded, or one stall would hold up the answers of a long time after it. */
  get firstQuestionMs(): number {
    return Math.floor(this.#learnedMs);
  }

  /** To the next question, when a task is still unpublished this long after its acceptance. */
  pauseMs(elapsedMs: number): number {
    return Math.min(PAUSE_MAX_MS, Math.max(PAUSE_MIN_MS, Math.ceil(elapsedMs / 4)));
  }

  /**
   * A first question that came too early puts the next ones later; those in time put them a little earlier. One that was
   * itself asked late says nothing.
   */
  learn(elapsedMs: number, questions: number): void {
    if (questions > 1) {
      this.#learnedMs = Math.min(PAUSE_MAX_MS, elapsedMs * MARGIN);
      this.#inTime = 0;
    } else if (elapsedMs < 2 * this.#learnedMs) {
      this.#inTime += 1;
      this.#learnedMs *= this.#inTime > IN_TIME_MANY ? 3 / 4 : 31 / 32;
    }
  }
}
