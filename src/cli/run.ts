import { type ConfigFlags, loadConfig } from '../config/load.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import type { Context } from './context.ts';
import { startService } from './service.ts';

export type RunFlags = ConfigFlags & { readonly json?: boolean };

/** Streams until told to stop, and serves its state meanwhile. */
export async function run(context: Context, flags: RunFlags): Promise<ExitCode> {
  const config = await loadConfig({ ...context, flags });
  const service = await startService({
    config,
    logSink: context.stderr,
    signal: context.signal,
    elseAnyPort: false,
  });
  try {
    await service.finished;
    return EXIT.done;
  } finally {
    await service.close();
  }
}
