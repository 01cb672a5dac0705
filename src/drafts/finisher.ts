import { setImmediate } from 'node:timers/promises';
import type { Config } from '../config/schema.ts';
import type { Lookups } from '../lookups/lookups.ts';
import { leavesDrafts } from '../records/draft-encoder.ts';
import { type Draft, isDraft, requestBytes, type Step, type Unfit } from '../records/operations.ts';
import { NameFiller } from './name-filler.ts';
import { draftText, type Failure, type OpenDraft, openDraft } from './open-draft.ts';
import { OperationWriter } from './operation-writer.ts';
import { recordJson } from './record-json.ts';
import { transformAll } from './transform.ts';

export type FinisherOptions = {
  readonly tables: Config['tables'];
  /** Limit of a record: the bytes of its `body`. */
  readonly recordBytesMax: number;
  /** What steps may come to before some of them have to be written. */
  readonly bytesMax: number;
  /** Where names come from that drafts want. */
  readonly lookups: Pick<Lookups, 'read'>;
  /** Told why records are long in coming, and with undefined when it goes on. */
  readonly onWaiting?: (reason: string | undefined) => void;
  readonly transformMaxMs?: number;
};

/** Without drafts. `rest` follows once `ready` is written: records may have grown. */
export type Finished = { readonly ready: readonly Step[]; readonly rest: readonly Step[] };

/** Drafts that are finished together, and what their records may come to in memory. */
const TOGETHER_MAX = 500;
const TOGETHER_BYTES_MAX = 4_000_000;
/** Longer than a function should take that is asked for every row; nobody should wait without a word. */
const PATIENCE_MS = 5_000;
/** What a function may take before its row is given up, so that one that never answers does not stop all. */
const TRANSFORM_MAX_MS = 30_000;
/** A batch that has grown by less goes in one request. */
const GROWTH = 1.5;

/** Puts in the place of every draft what its record turns out to be: an update, a deletion where there is to be none, or why it cannot be one. */
export class Finisher {
  readonly #options: FinisherOptions;
  readonly #isNeeded: boolean;
  readonly #togetherMax: number;
  readonly #writer = new OperationWriter();
  readonly #names: NameFiller;
  #closed = false;

  constructor(options: FinisherOptions) {
    this.#options = options;
    this.#names = new NameFiller(options.lookups);
    this.#isNeeded = Object.values(options.tables).some(leavesDrafts);
    const many = Math.floor(TOGETHER_BYTES_MAX / options.recordBytesMax);
    this.#togetherMax = Math.max(1, Math.min(TOGETHER_MAX, many));
  }

  /** Whether `finish` has anything to do with these. */
  concerns(steps: readonly Step[]): boolean {
    return this.#isNeeded && steps.some(isDraft);
  }

  /** In the order of those that are `given`. The operations' bytes are valid until the next call. Rejects with a Wal2AlgoliaError where names cannot be read. */
  async finish(given: readonly Step[]): Promise<Finished> {
    const steps = await this.#names.fill(given);
    if (!steps.some(isDraft)) return { ready: steps, rest: [] };
    this.#writer.release();
    const bytesMax = GROWTH * this.#options.bytesMax;
    const ready: Step[] = [];
    let next = 0;
    for (let bytes = 0; next < steps.length && bytes < bytesMax && !this.#closed; ) {
      const some = steps.slice(next, endOfSome(steps, next, this.#togetherMax));
      const open = some.filter(isDraft).map(openDraft);
      await this.#work(open);
      const finished = open.values();
      for (const step of some) {
        const done = isDraft(step) ? this.#close(finished.next().value as OpenDraft) : step;
        bytes += requestBytes(done);
        ready.push(done);
      }
      next += some.length;
      // Functions of the user's may take long: whatever else there is to do has its turn.
      await setImmediate();
    }
    return { ready, rest: steps.slice(next) };
  }

  /** Nobody waits any more: no more functions are called, and nothing is told. */
  close(): void {
    this.#closed = true;
  }

  /** Each other kind of unfinished business for all of them, in its order. */
  async #work(open: readonly OpenDraft[]): Promise<void> {
    const { onWaiting, transformMaxMs = TRANSFORM_MAX_MS } = this.#options;
    let told = false;
    const patience = setTimeout(() => {
      told = !this.#closed;
      const tables = new Set(open.map(({ draft }) => draft.table));
      if (told) onWaiting?.(`records wait for the transform of ${[...tables].join(' and ')}`);
    }, PATIENCE_MS);
    try {
      await transformAll(open, transformMaxMs);
    } finally {
      clearTimeout(patience);
      if (told && !this.#closed) onWaiting?.(undefined);
    }
  }

  #close({ draft, record, failure }: OpenDraft): Step {
    if (failure !== undefined) return unfit(draft, failure, this.#options.recordBytesMax);
    if (record === null) return this.#writer.delete(draft);
    const json = recordJson(draft, record, this.#options.recordBytesMax);
    return typeof json === 'string'
      ? this.#writer.update(draft, json)
      : unfit(draft, json, this.#options.recordBytesMax);
  }
}

/** Behind the last step that goes with the one at `start`: up to so many drafts. */
function endOfSome(steps: readonly Step[], start: number, draftsMax: number): number {
  let drafts = 0;
  const beyond = steps.findIndex((step, at) => {
    if (at < start || !isDraft(step)) return false;
    drafts += 1;
    return drafts > draftsMax;
  });
  return beyond === -1 ? steps.length : beyond;
}

/** What is kept of it is the record that was to be finished, so that it can be tried again by hand. */
function unfit(draft: Draft, { problem, message }: Failure, recordBytesMax: number): Unfit {
  const { table, index, objectID, transaction, start, end } = draft;
  const record = end - start <= recordBytesMax ? draftText(draft) : undefined;
  return { kind: 'unfit', table, index, objectID, problem, message, transaction, place: undefined, record };
}
