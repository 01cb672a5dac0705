import type { Written } from '../algolia/written.ts';
import type { Config } from '../config/schema.ts';
import type { HeldTables } from '../database/own-tables/held-tables.ts';
import { SlotProgressTable } from '../database/own-tables/slot-progress-table.ts';
import { GapError, SessionLostError } from '../errors.ts';
import type { Session } from '../replication/session.ts';
import { withinMs } from '../time-limit.ts';
import { Closing } from './closing.ts';

export type SlotNotesOptions = {
  readonly url: string;
  readonly slot: string;
  /** As they are configured. */
  readonly tables: Config['tables'];
  readonly session: Pick<Session, 'observe' | 'progress' | 'fence' | 'position'>;
  /** Told of each failure to note it but a repeated one, and with undefined once it goes well again. */
  readonly onNote: (error: unknown) => void;
};

const LOOK_INTERVAL_MS = 1_000;
/** A note is a commit of ours, which is WAL too. */
const NOTED_INTERVAL_MS = 60_000;
const NOTED_QUIET_INTERVAL_MS = 600_000;
const TELL_MAX_MS = 5_000;

/**
 * Notes in the database when the slot was confirmed how far, beside the line and holding up nothing. A lost slot knows no time, and from that
 * one on rows are loaded again: a note that is old makes that more work, and nothing else.
 */
export class SlotNotes {
  readonly #options: SlotNotesOptions;
  readonly #table: SlotProgressTable;
  readonly #closing = new Closing();
  #timer: NodeJS.Timeout | undefined;
  #rows = false;
  #notBeforeMs = 0;
  #failing = false;
  #turn: Promise<void> | undefined;

  constructor(options: SlotNotesOptions) {
    this.#options = options;
    this.#table = new SlotProgressTable({ ...options, tables: heldTables(options.tables) });
  }

  /** Once the stream is read. */
  start(): void {
    this.#timer = setInterval(() => this.#tick(), LOOK_INTERVAL_MS);
  }

  /** Before the stream is read: which tables this process writes where. Never rejects, and holds up nothing for long. */
  async tell(): Promise<void> {
    const { session } = this.#options;
    try {
      const telling = session.fence().then(() => this.#table.tell(session.position()));
      await withinMs(TELL_MAX_MS, telling);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Rows make the next note worth more. */
  published({ records }: Written): void {
    if (records === 0 || this.#rows) return;
    this.#rows = true;
    this.#notBeforeMs -= NOTED_QUIET_INTERVAL_MS - NOTED_INTERVAL_MS;
  }

  /** Resolves when nothing of it is under way any more. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#turn;
  }

  #tick(): void {
    if (this.#turn !== undefined || performance.now() < this.#notBeforeMs) return;
    this.#turn = this.#step()
      .catch((error: unknown) => {
        if (this.#failed(error)) this.#pause();
      })
      .finally(() => {
        this.#turn = undefined;
      });
  }

  async #step(): Promise<void> {
    const { session } = this.#options;
    if (!this.#closing.isWaiting) {
      // Who may not see all transactions knows the time of the commit at least; whoever uses it leaves a margin.
      const seen = { ...(await session.observe()), blind: undefined };
      this.#closing.observed(seen, BigInt(Date.now()) * 1_000n);
    }
    const { confirmedLsn } = session.progress();
    if (!this.#closing.published(confirmedLsn)) return;
    const micros = this.#closing.closedThroughMicros;
    if (micros === undefined) return;
    await session.fence();
    await this.#table.note(confirmedLsn, micros, session.position());
    this.#pause();
    if (this.#failing) this.#options.onNote(undefined);
    this.#failing = false;
  }

  #failed(error: unknown): boolean {
    // The session is over, or about to be: that is told by others.
    if (error instanceof SessionLostError || error instanceof GapError) return false;
    if (!this.#failing) this.#options.onNote(error);
    this.#failing = true;
    return true;
  }

  #pause(): void {
    this.#rows = false;
    this.#notBeforeMs = performance.now() + NOTED_QUIET_INTERVAL_MS;
  }
}

function heldTables(tables: Config['tables']): HeldTables {
  const held = Object.entries(tables).map(([name, { index, objectIDPrefix: prefix = '', objectID }]) => [
    name,
    { index, prefix, objectID },
  ]);
  return Object.fromEntries(held);
}

/** Of what came out of the line. */
export function tellAll(keepers: readonly Pick<SlotNotes, 'published'>[], written: Written): void {
  for (const keeper of keepers) keeper.published(written);
}
