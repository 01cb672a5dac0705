import { createAlgolia } from '../algolia/client.ts';
import type { Config } from '../config/schema.ts';
import { startHttp } from '../http/server.ts';
import { type SupervisorOptions, supervise } from '../supervisor.ts';
import { createLogger, type Logger } from '../telemetry/logger.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';
import { readiness } from '../telemetry/readiness.ts';
import type { Status } from '../telemetry/status.ts';
import { StatusBoard } from '../telemetry/status-board.ts';
import type { Sink } from './output.ts';

export type ServiceOptions = {
  readonly config: Config;
  readonly logSink: Sink;
  /** Aborted, the pipeline drains. */
  readonly signal: AbortSignal;
  readonly start?: SupervisorOptions['start'];
  readonly replayed?: SupervisorOptions['replayed'];
  /** Default: one that ends with a lost slot. */
  readonly pipeline?: typeof runPipeline | undefined;
  /** When the configured port is taken, take another. */
  readonly elseAnyPort: boolean;
};

/** A pipeline under its supervisor, and the HTTP server that tells about it. */
export type Service = {
  readonly url: string;
  readonly port: number;
  status(): Status;
  /** Resolves when told to stop and drained; rejects with a Wal2AlgoliaError when only a person can help. */
  readonly finished: Promise<void>;
  /** Ends the HTTP server; the pipeline ends by its signal. */
  close(): Promise<void>;
};

/** How closely `lagSeconds` knows when waiting began. */
const LOOK_INTERVAL_MS = 1_000;

/** Rejects with a PreconditionError when the port cannot be had; nothing has been touched then. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { config, logSink, elseAnyPort, pipeline = runPipeline } = options;
  const logger = createLogger({ level: config.logLevel, destination: logSink });
  const board = new StatusBoard(config.replication.slot);
  const status = (): Status => board.status();
  const metrics = createMetrics(status);
  const http = await startHttp({
    ...config.http,
    elseAnyPort,
    status,
    ready: () => readiness(status()),
    metrics: () => metrics.text(),
  });
  logger.info({ address: http.url }, 'listening');
  const finished = pipeline(options, { board, metrics, logger });
  // Whoever awaits it hears of a failure; until then it must not end the process.
  finished.catch(() => undefined);
  const looking = setInterval(() => board.look(), LOOK_INTERVAL_MS);
  const close = async (): Promise<void> => {
    clearInterval(looking);
    await http.close();
  };
  return { url: http.url, port: http.port, status, finished, close };
}

export type Telemetry = { readonly board: StatusBoard; readonly metrics: Metrics; readonly logger: Logger };

export type PipelineOptions = Pick<ServiceOptions, 'config' | 'signal' | 'start' | 'replayed'> & {
  /** What an earlier one of this process has left open. */
  readonly unsettled?: SupervisorOptions['unsettled'];
};

/** Resolves when told to stop, or at the end of what is replayed, and drained; rejects with what stopped it. */
export async function runPipeline(
  { config, signal, start, replayed, unsettled }: PipelineOptions,
  telemetry: Telemetry,
): Promise<void> {
  const algolia = createAlgolia({ ...config.algolia, apiKey: config.algolia.apiKey.reveal() });
  try {
    await new Promise<void>((complete, error) => {
      supervise({ ...telemetry, config, algolia, signal, start, replayed, unsettled }).subscribe({
        complete,
        error,
      });
    });
    telemetry.logger.info({}, 'drained');
  } finally {
    algolia.close();
  }
}
