import type { WalkedRecord } from '../algolia/walk.ts';
import { columnOf } from '../config/columns.ts';
import { type ErasedActor, ErasedActorTable } from '../database/own-tables/erased-actor-table.ts';
import type { DeadLetters } from '../dead-letters/dead-letters.ts';
import { SessionLostError } from '../errors.ts';
import { actorDigest, actorText, type ErasedActors } from '../records/erased-actors.ts';
import { type IndexSweepOptions, sweepIndex } from './index-sweep.ts';

/** How often the list is read although nobody says that it has changed: whoever takes somebody off it tells nobody. */
const LOOK_INTERVAL_MS = 60_000;
/** A commit is in the WAL before it is visible: behind a message the list is read some times more. */
const LOOKS_AFTER_MESSAGE_MS = [0, 100, 500, 2_000, 10_000];
const PAUSE_AFTER_FAILURE_MS = 10_000;

export type ErasureEvents = {
  /** The index is swept for so many that are not erased to the end yet; 0 when it is done. */
  readonly onErasing: (unfinished: number) => void;
  /** So many records were asked to be removed. */
  readonly onSwept: (records: number) => void;
  /** So many dead letters are left. */
  readonly onLettersErased: (left: number) => void;
  /** It cannot go on for now, and tries again. */
  readonly onSweepTrouble: (error: unknown) => void;
};

export type ErasureOptions = IndexSweepOptions &
  ErasureEvents & {
    readonly url: string;
    readonly slot: string;
    readonly actorAttribute: string;
    /** Shared with whatever makes records. */
    readonly erased: ErasedActors;
    readonly deadLetters: Pick<DeadLetters, 'erase' | 'count'>;
  };

/**
 * Keeps the list of erased actors as the database has it, and removes what is there of those who were added: by the holder of the slot
 * alone, once per erasure to its end. Whatever is left of one by a crash is taken up by the next session.
 */
export class Erasures {
  readonly #options: ErasureOptions;
  readonly #table: ErasedActorTable;
  #looks: readonly number[] = [];
  #opened: readonly ErasedActor[] | undefined;

  constructor(options: ErasureOptions) {
    this.#options = options;
    this.#table = new ErasedActorTable(options);
  }

  /** Before the first row becomes a record. Rejects with a Wal2AlgoliaError. */
  async open(): Promise<void> {
    this.#opened = await this.#read();
    await this.#table.close();
  }

  /** The list has changed, or is about to. */
  wake(): void {
    this.#looks = LOOKS_AFTER_MESSAGE_MS;
    this.#options.patience.wake();
  }

  /** Until `fence` says that the session is over; never rejects. */
  async run(fence: () => Promise<void>): Promise<void> {
    const { patience, onSweepTrouble } = this.#options;
    while (!patience.isOver) {
      try {
        const known = this.#opened ?? (await this.#read());
        this.#opened = undefined;
        const unfinished = known.filter(({ isUnfinished }) => isUnfinished);
        if (unfinished.length > 0) await this.#erase(unfinished, fence);
        // Mostly nothing is to be done, and needs no connection for it.
        await this.#table.close();
        const [lookMs = LOOK_INTERVAL_MS, ...looks] = this.#looks;
        this.#looks = looks;
        await patience.pause(lookMs);
      } catch (error) {
        if (patience.isOver) return;
        if (!(error instanceof SessionLostError)) onSweepTrouble(error);
        await patience.pause(PAUSE_AFTER_FAILURE_MS);
      }
    }
  }

  async close(): Promise<void> {
    await this.#table.close();
  }

  async #read(): Promise<readonly ErasedActor[]> {
    const actors = await this.#table.read();
    this.#options.erased.replace(actors.flatMap(({ digests }) => digests));
    return actors;
  }

  async #erase(actors: readonly ErasedActor[], fence: () => Promise<void>): Promise<void> {
    const { tables, onErasing, onSwept, deadLetters, actorAttribute: attribute } = this.#options;
    const idOf = new Map(actors.flatMap(({ id, digests }) => digests.map((digest) => [digest, id] as const)));
    const actorOf = (value: unknown): string | undefined => {
      const text = actorText(value);
      return text === undefined ? undefined : idOf.get(actorDigest(text));
    };
    onErasing(actors.length);
    const covered = Object.entries(tables).flatMap(([name, table]) =>
      columnOf(table, attribute) === undefined ? [] : [name],
    );
    for (const index of new Set(covered.map((name) => tables[name]?.index ?? ''))) {
      await sweepIndex(this.#options, {
        index,
        tables: covered.filter((name) => tables[name]?.index === index),
        attributes: [attribute],
        judge: ({ values }: WalkedRecord) => actorOf(values[attribute]),
        onRemoved: async (counts) => {
          await fence();
          onSwept([...counts.values()].reduce((sum, count) => sum + count, 0));
          await this.#table.tell([...counts].map(([id, records]) => ({ id, records, deadLetters: 0 })));
        },
      });
    }
    await fence();
    const letters = new Map<string, number>();
    await deadLetters.erase((table, record) => {
      const id = covered.includes(table) ? actorOf(attributeOf(record, attribute)) : undefined;
      if (id !== undefined) letters.set(id, (letters.get(id) ?? 0) + 1);
      return id !== undefined;
    });
    this.#options.onLettersErased(deadLetters.count);
    await this.#table.tell([...letters].map(([id, count]) => ({ id, records: 0, deadLetters: count })));
    await this.#table.finish(
      actors.map(({ id }) => id),
      covered,
    );
    onErasing(0);
  }
}

function attributeOf(record: string, name: string): unknown {
  try {
    const parsed: unknown = JSON.parse(record);
    return typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, name) : undefined;
  } catch {
    // Somebody has changed it by hand.
    return undefined;
  }
}
