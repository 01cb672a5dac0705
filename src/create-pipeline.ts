import { defer, filter, finalize, map, type Observable } from 'rxjs';
import { createAlgolia } from './algolia/client.ts';
import { parseConfig } from './config/load.ts';
import type { ConfigInput } from './config/schema.ts';
import { formatLsn } from './lsn.ts';
import { supervise } from './supervisor.ts';
import { createLogger } from './telemetry/logger.ts';
import { createMetrics } from './telemetry/metrics.ts';
import { StatusBoard } from './telemetry/status-board.ts';

export type { Change, MappedRecord, TransformFunction } from './config/transform-schema.ts';

/** What a configuration file may hold: credentials may stand in the environment instead. */
export type ConfigFile = Omit<ConfigInput, 'postgres' | 'algolia'> & {
  readonly [Section in 'postgres' | 'algolia']?: Partial<ConfigInput[Section]>;
};

/** What Postgres has been told that it may forget: everything up to `lsn` is in the index. */
export type Confirmed = {
  /** As Postgres prints it. */
  readonly lsn: string;
  /** When the last transaction before `lsn` was committed; undefined while the database is quiet. */
  readonly committedAt: Date | undefined;
  /** Records written and deleted since the last emission. */
  readonly records: number;
  /** Size of what was written since then. */
  readonly bytes: number;
};

export type CreatePipelineOptions = {
  /** Aborting it drains: no more is read, what was read is written and confirmed, then the Observable completes. */
  readonly signal?: AbortSignal;
};

/**
 * A supervised pipeline for a process of your own. It starts when subscribed, opens new sessions by itself, and errors with a
 * `Wal2AlgoliaError` (`code`, `message`, `remedy`) when only a person can help. The configuration is that of the file; the
 * environment is not looked at. Unsubscribing lets go at once: what is unconfirmed is sent again next time.
 */
export function createPipeline(
  input: ConfigInput,
  { signal }: CreatePipelineOptions = {},
): Observable<Confirmed> {
  return defer(() => {
    const config = parseConfig(input);
    const algolia = createAlgolia({ ...config.algolia, apiKey: config.algolia.apiKey.reveal() });
    const board = new StatusBoard(config.replication.slot);
    let records = 0;
    let bytes = 0;
    return supervise({
      config,
      algolia,
      board,
      metrics: createMetrics(() => board.status()),
      logger: createLogger({ level: 'silent' }),
      signal,
    }).pipe(
      map((batch): Confirmed | undefined => {
        records += batch.records;
        bytes += batch.bytes;
        if (batch.position === undefined) return undefined;
        const { lsn, committedAtMicros } = batch.position;
        const confirmed = { lsn: formatLsn(lsn), committedAt: date(committedAtMicros), records, bytes };
        records = 0;
        bytes = 0;
        return confirmed;
      }),
      filter((confirmed) => confirmed !== undefined),
      finalize(() => algolia.close()),
    );
  });
}

/** Answers what it is given: in a configuration file it tells the editor which keys there are. */
export function defineConfig(config: ConfigInput): ConfigInput {
  return config;
}

function date(micros: bigint | undefined): Date | undefined {
  return micros === undefined ? undefined : new Date(Number(micros / 1_000n));
}
