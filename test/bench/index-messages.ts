/** What the index has been sent so far. */
export type IndexFacts = {
  readonly requests: number;
  /** As they came, so compressed where they were. */
  readonly bytes: number;
  readonly records: number;
  /** 0, like the two below it, unless it reads. */
  readonly distinctIds: number;
  readonly largestRequest: number;
  /** Over all records, (objectID * after.n) modulo CHECKSUM_PRIME, added up. */
  readonly checksum: number;
  /** On the monotonic clock; undefined unless it was told to stall, and before it has. */
  readonly stalledUntilMs?: number | undefined;
};

/** [id, when it was accepted, when it was said to be published] of each record that was, on the monotonic clock; of the first time. */
export type IndexTimes = readonly (readonly [id: number, acceptedAtMs: number, publishedAtMs: number])[];

export type IndexOptions = {
  /** Whether it parses what it is sent; one that only counts leaves the processor to the reader. */
  readonly reads: boolean;
  /** Whether tasks are published at once, or only when told by `publish`. */
  readonly publishes: boolean;
  /** Before each answer. */
  readonly answerDelayMs?: number;
  /** From the first batch on it does not answer for so long. */
  readonly stallMs?: number;
};

/** What its parent may say. `facts` is answered with IndexFacts, `times` with IndexTimes; its first message is the port. */
export type IndexQuestion = 'facts' | 'times' | 'publish';
