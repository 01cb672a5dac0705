import type { Algolia } from '../algolia/client.ts';
import type { Config } from '../config/schema.ts';
import type { DeadLetters } from '../dead-letters/dead-letters.ts';
import { ErasedActors } from '../records/erased-actors.ts';
import type { Exclusions } from '../records/exclusion.ts';
import { Wishes } from '../refresh/wishes.ts';
import { type ErasureEvents, Erasures } from './erasures.ts';
import { Patience } from './patience.ts';

export type SweepEvents = ErasureEvents & {
  /** Told of every row that gets no record. */
  readonly onExcluded: NonNullable<Exclusions['onExcluded']>;
};

export type SweeperOptions = SweepEvents & {
  readonly config: Pick<Config, 'tables' | 'keys' | 'algolia'>;
  readonly algolia: Algolia;
  readonly session: { readonly url: string; readonly slot: string };
  readonly deadLetters: DeadLetters;
};

/** In one session: what must not be in an index, and what takes it out, beside the stream and through the same line. */
export class Sweeper {
  readonly exclusions: Exclusions;
  readonly wishes: Wishes;
  readonly #patience: Patience;
  readonly #erasures: Erasures;

  constructor(options: SweeperOptions) {
    const { tables, keys, algolia } = options.config;
    const { onExcluded, session } = options;
    const erased = new ErasedActors();
    const { actorAttribute } = keys;
    this.exclusions = { actorAttribute, erased, onExcluded };
    this.wishes = new Wishes(tables, algolia.recordBytesMax);
    this.#patience = new Patience(options.onSweepTrouble);
    const [wishes, patience] = [this.wishes, this.#patience];
    this.#erasures = new Erasures({
      ...options,
      ...session,
      tables,
      wishes,
      patience,
      erased,
      actorAttribute,
    });
  }

  /** Before the first row becomes a record. Rejects with a Wal2AlgoliaError. */
  async open(): Promise<void> {
    await this.#erasures.open();
  }

  /** Once the line takes wishes; what is begun ends by `close`, or when `fence` says that the slot is not ours. */
  start(fence: () => Promise<void>): void {
    // It never rejects.
    void this.#erasures.run(fence);
  }

  /** Somebody is to be erased. */
  erasureAsked(): void {
    this.#erasures.wake();
  }

  async close(): Promise<void> {
    this.#patience.end();
    this.wishes.close();
    await this.#erasures.close();
  }
}
