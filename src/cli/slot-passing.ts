import type { Config } from '../config/schema.ts';
import { postgresFailure } from '../database/failures.ts';
import { checkSlot, readSlot, type Slot } from '../database/slot.ts';
import { ShutdownDeadlineError, UnavailableError } from '../errors.ts';
import { formatLsn, type Lsn } from '../lsn.ts';
import type { Connection } from './connection.ts';
import { harmless, type Sink } from './output.ts';
import { OwnPipeline } from './own-pipeline.ts';
import { stopped } from './stopped.ts';

const LOOK_INTERVAL_MS = 250;
const PATIENCE_MS = 60_000;
/** After this whoever looks at a silent command would like to know why. */
const STILL_MS = 5_000;

export type PassingOptions = {
  readonly client: Connection;
  readonly config: Config;
  readonly logSink: Sink;
  /** Aborted when somebody wants the command to end. */
  readonly signal: AbortSignal;
  /** How long the slot may stand still; asked at every look. */
  readonly patienceMs?: number;
  /** After standing still for so long what is waited for is told, and again whenever that has become twice as long. Default: 5 seconds. */
  readonly stillMs?: number;
  /** Leaves a slot that nobody holds to others, who are about to take it. */
  readonly onlyOthers?: boolean;
};

export type Passing = PassingOptions & Goal;

type Goal = {
  readonly target: Lsn;
  /** What has to be true as well; asked again and again. Default: nothing. */
  readonly until?: (() => Promise<boolean>) | undefined;
};

/**
 * Resolves when the slot is confirmed through `target`, and what else is to be true is, by whoever holds it; when nobody does, a pipeline of this process does it, and
 * drains. Rejects with a Wal2AlgoliaError when that fails, when the slot stands still, or when the command is to end.
 */
export function slotPassed({ target, until, ...options }: Passing): Promise<void> {
  return withSlotPassing(options, (passing) => passing.passed({ target, until }));
}

/** For work that asks for several things in a row. Rejects as `work` does, and with what the own pipeline fails with. */
export async function withSlotPassing<T>(
  options: PassingOptions,
  work: (passing: SlotPassing) => Promise<T>,
): Promise<T> {
  const passing = new SlotPassing(options);
  try {
    const result = await work(passing);
    await passing.drain();
    return result;
  } catch (error) {
    await passing.drain().catch(() => undefined);
    throw error;
  }
}

/** Somebody who holds the slot and confirms what is asked for: others, or where nobody does, a pipeline of this process from then on. */
export class SlotPassing {
  readonly #options: PassingOptions;
  #own: OwnPipeline | undefined;

  constructor(options: PassingOptions) {
    this.#options = options;
  }

  /** Resolves when the slot is confirmed through `target`, and what else is to be true is. Rejects with a Wal2AlgoliaError. */
  async passed({ target, until }: Goal): Promise<void> {
    const { signal, logSink, stillMs = STILL_MS } = this.#options;
    let last: Lsn | undefined;
    let movedAtMs = performance.now();
    let tellAtMs = stillMs;
    for (;;) {
      this.#own?.failed.throwIfAborted();
      if (signal.aborted) throw toldToEnd();
      const slot = await look(this.#options);
      const isPassed = slot.confirmedLsn >= target;
      if (isPassed && (until === undefined || (await until()))) return;
      if (slot.activePid === undefined && this.#options.onlyOthers !== true) this.#takeSlot();
      if (slot.confirmedLsn !== last) {
        movedAtMs = performance.now();
        tellAtMs = stillMs;
      }
      last = slot.confirmedLsn;
      const waitedMs = performance.now() - movedAtMs;
      const own = this.#own;
      const text = stillText(slot, target, waitedMs, own?.trouble);
      if (!isPassed && waitedMs > (this.#options.patienceMs ?? PATIENCE_MS)) throw standsStill(text);
      if (!isPassed && waitedMs > tellAtMs) {
        logSink.write(`waiting: ${harmless(text)}\n`);
        tellAtMs = 2 * waitedMs;
      }
      await stopped(own === undefined ? signal : AbortSignal.any([signal, own.failed]), LOOK_INTERVAL_MS);
    }
  }

  /** What was asked for is confirmed; what else was read comes again where it could not be. */
  async drain(): Promise<void> {
    await this.#own?.drain().catch((error: unknown) => {
      if (!(error instanceof ShutdownDeadlineError)) throw error;
    });
  }

  #takeSlot(): void {
    this.#own ??= new OwnPipeline(this.#options.config, this.#options.logSink);
  }
}

async function look({ client, config }: PassingOptions): Promise<Slot> {
  const { slot: name, plugin } = config.replication;
  try {
    const { rows } = await client.query<{ database: string }>('SELECT current_database() AS database');
    const slot = await readSlot(client, name);
    checkSlot(slot, { name, plugin, database: rows[0]?.database ?? '' });
    return slot;
  } catch (error) {
    throw postgresFailure(error, `reading slot "${name}"`);
  }
}

function stillText(slot: Slot, target: Lsn, waitedMs: number, trouble: string | undefined): string {
  const why =
    trouble ??
    `who holds it${slot.activePid === undefined ? '' : ` (walsender ${slot.activePid})`} knows why`;
  return `slot "${slot.name}" has stood at ${formatLsn(slot.confirmedLsn)} for ${Math.round(waitedMs / 1000)} s, before ${formatLsn(target)}: ${why}`;
}

function standsStill(text: string): UnavailableError {
  return new UnavailableError(text, {
    remedy:
      'See `wal2algolia status`, and /status or the log of the running pipeline. What was asked for is in the WAL, and is done once it goes on.',
  });
}

function toldToEnd(): ShutdownDeadlineError {
  return new ShutdownDeadlineError('told to end before the slot was confirmed that far', {
    remedy: 'What was asked for is in the WAL: whoever holds the slot does it.',
  });
}
