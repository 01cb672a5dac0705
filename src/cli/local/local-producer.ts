import { randomInt } from 'node:crypto';
import { loadPostgresUrl } from '../../config/load.ts';
import { EXIT, type ExitCode } from '../../errors.ts';
import { startProducer } from '../../local/producer/producer.ts';
import type { Context } from '../context.ts';
import { stopped } from '../stopped.ts';
import { openAuditLog } from './audit-log.ts';

export type LocalProducerFlags = {
  readonly config?: string;
  readonly rate: number;
  readonly duration?: number;
  readonly seed?: number;
  readonly json?: boolean;
};

/** Inserts until told to stop or the time is over. */
export async function localProducer(context: Context, flags: LocalProducerFlags): Promise<ExitCode> {
  const { output, signal } = context;
  const url = await loadPostgresUrl({ ...context, flags: { config: flags.config } });
  const auditLog = await openAuditLog(url.reveal());
  const seed = flags.seed ?? randomInt(2 ** 32);
  let rows = 0;
  let transactions = 0;
  const producer = startProducer({
    execute: auditLog.insert,
    ratePerSecond: flags.rate,
    seed,
    onCommitted: (committed) => {
      rows += committed.length;
      transactions += 1;
    },
  });
  try {
    output.line(`inserting about ${flags.rate} rows per second into public.audit_log, seed ${seed}`);
    await Promise.race([
      stopped(signal, flags.duration === undefined ? undefined : flags.duration * 1000),
      producer.finished,
    ]);
    await producer.stop();
  } finally {
    await auditLog.close().catch(() => undefined);
  }
  output.line(`${rows} rows in ${transactions} transactions`);
  output.json({ rows, transactions, seed });
  return EXIT.done;
}
