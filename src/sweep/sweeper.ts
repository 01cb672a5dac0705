import type { Algolia } from '../algolia/client.ts';
import type { Config } from '../config/schema.ts';
import type { DeadLetters } from '../dead-letters/dead-letters.ts';
import { ErasedActors } from '../records/erased-actors.ts';
import type { Exclusions } from '../records/exclusion.ts';
import { Floors } from '../records/floors.ts';
import { Wishes } from '../refresh/wishes.ts';
import { type BookmarkEvents, Bookmarks } from './bookmarks.ts';
import { type ErasureEvents, Erasures } from './erasures.ts';
import { Patience } from './patience.ts';
import { Retention, type RetentionEvents } from './retention.ts';

export type SweepEvents = ErasureEvents &
  RetentionEvents &
  BookmarkEvents & {
    /** Told of every row that gets no record. */
    readonly onExcluded: NonNullable<Exclusions['onExcluded']>;
  };

export type SweeperOptions = SweepEvents & {
  readonly config: Pick<Config, 'tables' | 'keys' | 'algolia'>;
  readonly algolia: Algolia;
  readonly session: { readonly url: string; readonly slot: string };
  /** Whose floors are heeded. */
  readonly floorsOf: string;
  readonly deadLetters: DeadLetters;
};

/** In one session: what must not be in an index, and what takes it out, beside the stream and through the same line; and bookmarks that end. */
export class Sweeper {
  readonly exclusions: Exclusions;
  readonly wishes: Wishes;
  /** One each, since whoever waits is woken alone. */
  readonly #patiences: readonly Patience[];
  readonly #erasures: Erasures;
  readonly #retention: Retention;
  readonly #bookmarks: Bookmarks;

  constructor(options: SweeperOptions) {
    const { tables, keys, algolia } = options.config;
    const { onExcluded, session, floorsOf } = options;
    const erased = new ErasedActors();
    const { actorAttribute } = keys;
    const floors = new Floors();
    this.exclusions = { actorAttribute, erased, floors, onExcluded };
    this.wishes = new Wishes(tables, algolia.recordBytesMax);
    const { wishes } = this;
    const more = { ...options, ...session, tables, wishes };
    const patient = (): Patience => new Patience(options.onSweepTrouble);
    const [erasing, retaining, keeping] = [patient(), patient(), patient()];
    this.#patiences = [erasing, retaining, keeping];
    this.#erasures = new Erasures({ ...more, patience: erasing, erased, actorAttribute });
    this.#retention = new Retention({ ...more, slot: floorsOf, patience: retaining, floors });
    this.#bookmarks = new Bookmarks({ ...options, ...session, patience: keeping });
  }

  /** Before the first row becomes a record. Rejects with a Wal2AlgoliaError. */
  async open(): Promise<void> {
    await this.#erasures.open();
    await this.#retention.open();
  }

  /** Once the line takes wishes; what is begun ends by `close`, or when `fence` says that the slot is not ours. */
  start(fence: () => Promise<void>): void {
    // They never reject.
    void this.#erasures.run(fence);
    void this.#retention.run(fence);
    void this.#bookmarks.run(fence);
  }

  /** Somebody is to be erased; at the floors is looked as well. */
  erasureAsked(): void {
    this.#erasures.wake();
    this.#retention.wake();
  }

  async close(): Promise<void> {
    for (const patience of this.#patiences) patience.end();
    this.wishes.close();
    await this.#erasures.close();
  }
}
