import { createAlgolia } from '../../algolia/client.ts';
import { type Recovery, RecoveryTable } from '../../database/own-tables/recovery-table.ts';
import { SessionLostError, SlotLostError, UnavailableError } from '../../errors.ts';
import { type Lsn, parseLsn } from '../../lsn.ts';
import { withinMs } from '../../time-limit.ts';
import { gentle } from '../../verify/gentle-algolia.ts';
import { SMALL_WINDOWS } from '../../verify/schedule.ts';
import { connectOnce } from '../connection.ts';
import { Output, type Sink } from '../output.ts';
import { withSlotPassing } from '../slot-passing.ts';
import { stopped } from '../stopped.ts';
import { lookBack, MARGIN_SECONDS, makeSlot, TURN_SETTINGS } from './recovery-start.ts';
import { type WalkOptions, walkBack } from './recovery-walk.ts';
import type { SelfRecoveryOptions } from './self-recovery.ts';

const PAUSE_MS = 10_000;
/** The stream beside it may have to wait for Algolia for long. */
const PATIENCE_MS = 600_000;
/** What is under way at the end finds its connections closed, or its pauses over. */
const END_MS = 2_000;
const SILENT: Sink = { write: () => undefined };

/** Goes on with a recovery that is not finished, beside the stream of this process or another one, and holds up neither. */
export class RecoveryBeside {
  readonly #options: SelfRecoveryOptions;
  readonly #ended = new AbortController();
  readonly #signal: AbortSignal;
  readonly #going: Promise<void>;
  #isOpen = false;
  #told: string | undefined;

  constructor(options: SelfRecoveryOptions) {
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#ended.signal]);
    this.#going = this.#go();
  }

  /** Nothing more is begun; what is done is kept. */
  async end(): Promise<void> {
    this.#ended.abort();
    await withinMs(END_MS, this.#going);
  }

  /** Never rejects. */
  async #go(): Promise<void> {
    const { board, logger } = this.#options.telemetry;
    while (!this.#signal.aborted) {
      try {
        await this.#walk();
        return;
      } catch (error) {
        if (this.#signal.aborted) return;
        const text = error instanceof Error ? error.message : '';
        // One that is lost again ends the stream, which tells of it.
        if (this.#isOpen && !(error instanceof SlotLostError) && text !== this.#told)
          logger.warn({ error }, 'the recovery cannot go on for now');
        this.#told = text;
      } finally {
        board.backfill(undefined);
      }
      await stopped(this.#signal, PAUSE_MS);
    }
  }

  async #walk(): Promise<void> {
    const { config, telemetry } = this.#options;
    const { logger } = telemetry;
    const url = config.postgres.url.reveal();
    const owner = await connectOnce(url, 'wal2algolia recover', TURN_SETTINGS);
    try {
      const recoveries = new RecoveryTable(owner, config.replication.slot);
      if ((await this.#lookedAt(recoveries)) === undefined) return;
      this.#isOpen = true;
      await recoveries.takeTurn();
      if ((await this.#lookedAt(recoveries)) === undefined) return;
      const found = await lookBack(owner, config, recoveries, MARGIN_SECONDS);
      if (found.road !== 'go-on') throw new SlotLostError('the slot is lost or gone');
      // Its maker was killed before it could note it.
      const waiting = { signal: this.#signal };
      await makeSlot(config, found, { marginSeconds: MARGIN_SECONDS, slotOnly: true, waiting });
      const recovery = await this.#lookedAt(recoveries);
      if (recovery === undefined) return;
      if (await this.#walked(recoveries, found.tables, recovery)) {
        await recoveries.finish(recovery);
        logger.info({ slot: config.replication.slot }, 'the recovery is finished');
      } else {
        logger.warn(
          {},
          'the recovery is not finished: it goes on at the next start, or by `wal2algolia recover --yes`',
        );
      }
      await this.#lookedAt(recoveries);
    } finally {
      await owner.end().catch(() => undefined);
    }
  }

  /** The one that is not finished; until it is, whoever asks is told, also where another process has the turn. */
  async #lookedAt(recoveries: RecoveryTable): Promise<Recovery | undefined> {
    const recovery = await recoveries.open();
    const { board } = this.#options.telemetry;
    if (recovery === undefined) board.recovering(undefined);
    else
      board.recovering(
        new UnavailableError(
          `rows may be missing until the recovery that began at ${recovery.startedAt} is finished`,
        ),
      );
    return recovery;
  }

  /** Whether tables and indexes agree. */
  async #walked(
    recoveries: RecoveryTable,
    tables: WalkOptions['tables'],
    recovery: Recovery,
  ): Promise<boolean> {
    const { config, telemetry } = this.#options;
    const { logger, board } = telemetry;
    const client = await connectOnce(config.postgres.url.reveal(), 'wal2algolia recover');
    const algolia = createAlgolia({ ...config.algolia, apiKey: config.algolia.apiKey.reveal() });
    const more = { client, config, signal: this.#signal, patienceMs: PATIENCE_MS, onlyOthers: true };
    try {
      return await withSlotPassing({ ...more, logSink: SILENT }, async (passing) => {
        const passed = (target: Lsn): Promise<void> => passing.passed({ target });
        await passed(parseLsn('0/0'));
        const { agrees } = await walkBack(
          {
            ...more,
            algolia: gentle(algolia, (ms) => this.#pause(ms)),
            recoveries,
            tables,
            passed,
            output: new Output({ write: (text) => logger.info({}, text.trimEnd()) }, false),
            stderr: SILENT,
            view: () => ({
              show: ({ table, rows, rowsEstimated }) => board.backfill({ table, rows, rowsEstimated }),
              finish: () => board.backfill(undefined),
            }),
            limits: SMALL_WINDOWS,
          },
          recovery,
        );
        return agrees;
      });
    } finally {
      algolia.close();
      await client.end().catch(() => undefined);
    }
  }

  async #pause(ms: number): Promise<void> {
    await stopped(this.#signal, ms);
    if (this.#signal.aborted) throw new SessionLostError('told to end');
  }
}
