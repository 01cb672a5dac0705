import { type ConfigFlags, loadConfig } from '../config/load.ts';
import { EXIT, type ExitCode, UsageError } from '../errors.ts';
import type { Lsn } from '../lsn.ts';
import type { Context } from './context.ts';
import { recoveringPipeline } from './recover/recovering-pipeline.ts';
import { startService } from './service.ts';

export type RunFlags = ConfigFlags & {
  readonly fromLsn?: Lsn;
  readonly acceptGap?: boolean;
  readonly json?: boolean;
};

/** Streams until told to stop, and serves its state meanwhile. */
export async function run(context: Context, flags: RunFlags): Promise<ExitCode> {
  const { fromLsn, acceptGap = false } = flags;
  if (acceptGap && fromLsn === undefined)
    throw new UsageError('--accept-gap goes with --from-lsn', {
      remedy: 'Name the position, or leave it out.',
    });
  const config = await loadConfig({ ...context, flags });
  const service = await startService({
    config,
    start: fromLsn === undefined ? undefined : { lsn: fromLsn, acceptsGap: acceptGap },
    logSink: context.stderr,
    signal: context.signal,
    pipeline: config.replication.onSlotLost === 'backfill' ? recoveringPipeline : undefined,
    elseAnyPort: false,
  });
  try {
    await service.finished;
    return EXIT.done;
  } finally {
    await service.close();
  }
}
