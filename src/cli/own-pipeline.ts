import type { Config } from '../config/schema.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { StatusBoard } from '../telemetry/status-board.ts';
import type { Sink } from './output.ts';
import { runPipeline } from './service.ts';

/** A supervised pipeline for as long as a command needs one, without an HTTP server. */
export class OwnPipeline {
  /** Aborted when it has failed, with the error as the reason. */
  readonly failed: AbortSignal;
  readonly #board: StatusBoard;
  readonly #stopping = new AbortController();
  readonly #finished: Promise<void>;

  constructor(config: Config, logSink: Sink) {
    const failing = new AbortController();
    this.failed = failing.signal;
    this.#board = new StatusBoard(config.replication.slot);
    const status = () => this.#board.status();
    this.#finished = runPipeline(
      // What else `run` would begin is not what the command is there for.
      {
        config: {
          ...config,
          replication: { ...config.replication, onSlotLost: 'stop' },
          backfill: 'never',
          verify: { ...config.verify, everyHours: undefined },
        },
        signal: this.#stopping.signal,
      },
      {
        board: this.#board,
        metrics: createMetrics(status),
        logger: createLogger({ level: config.logLevel, destination: logSink }),
      },
    );
    this.#finished.catch((error: unknown) => failing.abort(error));
  }

  /** What it waits for, in words; undefined while nothing is wrong. */
  get trouble(): string | undefined {
    return this.#board.status().error?.message;
  }

  /** Resolves when everything that it has read is confirmed, and the slot is free; rejects with what it failed with. */
  async drain(): Promise<void> {
    this.#stopping.abort();
    await this.#finished;
  }
}
