import { randomInt } from 'node:crypto';
import { loadSandboxConfig } from '../../config/load.ts';
import { EXIT, type ExitCode } from '../../errors.ts';
import { startProducer } from '../../local/producer/producer.ts';
import { parseLsn } from '../../lsn.ts';
import type { Context } from '../context.ts';
import { type AuditLog, openAuditLog } from '../local/audit-log.ts';
import { type Service, startService } from '../service.ts';
import { setUpIndexes } from '../setup/index-setup.ts';
import { setUpPostgres } from '../setup/setup.ts';
import { stopped } from '../stopped.ts';
import { agree, type Comparison, compareIds } from './comparison.ts';
import { demoConfig } from './demo-config.ts';
import { DemoIndex } from './demo-index.ts';
import { DemoScreen } from './demo-screen.ts';
import { type DemoServers, startDemoServers } from './demo-servers.ts';
import { confirmedThrough } from './drain.ts';

export type DemoFlags = {
  readonly config?: string;
  readonly duration?: number;
  readonly rate: number;
  readonly dataDir?: string;
  readonly json?: boolean;
};

const LOOK_INTERVAL_MS = 250;

/** Everything that runs while the demo does. */
type Stage = {
  readonly context: Context;
  readonly flags: DemoFlags;
  readonly screen: DemoScreen;
  readonly service: Service;
  readonly auditLog: AuditLog;
  readonly index: DemoIndex;
};

/** Runs the whole thing on this machine until told to stop or the time is over, and then compares table and index. */
export async function demo(context: Context, flags: DemoFlags): Promise<ExitCode> {
  const screen = new DemoScreen(context);
  screen.say('Starting Postgres, a local Algolia and the pipeline.');
  const servers = await startDemoServers(flags.dataDir, (line) => screen.say(line));
  try {
    // A signal that came meanwhile: there is nothing to finish yet.
    if (context.signal.aborted) return EXIT.done;
    const auditLog = await openAuditLog(servers.postgres.url);
    try {
      return await withPipeline(context, flags, { servers, auditLog, screen });
    } finally {
      await auditLog.close().catch(() => undefined);
    }
  } finally {
    await servers.close();
  }
}

async function withPipeline(
  context: Context,
  flags: DemoFlags,
  parts: { readonly servers: DemoServers; readonly auditLog: AuditLog; readonly screen: DemoScreen },
): Promise<ExitCode> {
  const { servers, auditLog, screen } = parts;
  const { algolia, postgres } = servers;
  const sandbox = { ...context, flags: { config: flags.config } };
  const config = await loadSandboxConfig(sandbox, demoConfig(postgres.url, algolia));
  await setUpPostgres(config, false);
  await setUpIndexes(config, false);
  const stop = new AbortController();
  const service = await startService({
    config,
    logSink: screen.logSink,
    signal: stop.signal,
    elseAnyPort: true,
  });
  if (config.http.port !== 0 && service.port !== config.http.port) {
    screen.say(`port ${config.http.port} is taken: the pipeline took ${service.port}`);
  }
  try {
    const { url: algoliaUrl, appId, searchKey } = algolia;
    screen.places({ postgresUrl: postgres.url, algoliaUrl, appId, searchKey, httpUrl: service.url });
    const stage = { context, flags, screen, service, auditLog, index: new DemoIndex(algolia) };
    const { committed, seconds } = await busyTime(stage, postgres.exited);
    const comparison = await settledComparison(stage);
    stop.abort();
    await service.finished;
    screen.summary(comparison, committed, seconds);
    return agree(comparison) ? EXIT.done : EXIT.differences;
  } finally {
    stop.abort();
    await service.finished.catch(() => undefined);
    await service.close();
  }
}

/** From the first row that the producer inserts to its last, with the screen kept up to date. */
async function busyTime(stage: Stage, postgresExited: Promise<unknown>) {
  const { context, flags, screen, service, auditLog } = stage;
  const { rate, duration } = flags;
  const rowsBefore = await auditLog.count();
  const startedAtMs = performance.now();
  let committed = 0;
  const producer = startProducer({
    execute: auditLog.insert,
    ratePerSecond: rate,
    seed: randomInt(2 ** 32),
    onCommitted: (rows) => {
      committed += rows.length;
    },
  });
  const until = duration === undefined ? 'Ctrl-C ends it' : `for ${duration} s`;
  screen.say(`Somebody is busy: about ${rate} rows per second, ${until}.`);
  const over = new AbortController();
  const watching = watch(stage, over.signal, () => rowsBefore + committed);
  try {
    await Promise.race([
      stopped(context.signal, duration === undefined ? undefined : duration * 1000),
      producer.finished,
      service.finished,
      postgresExited,
      watching,
    ]);
  } finally {
    over.abort();
    await producer.stop().catch(() => undefined);
  }
  await Promise.all([producer.finished, watching]);
  return { committed, seconds: (performance.now() - startedAtMs) / 1000 };
}

/** Shows the state of things again and again, and once more at the end. */
async function watch(
  { screen, index, service }: Stage,
  over: AbortSignal,
  committed: () => number,
): Promise<void> {
  for (;;) {
    const last = over.aborted;
    const searchable = await index.searchable();
    screen.show({ committed: committed(), searchable, status: service.status() }, last);
    if (last) return;
    await stopped(over, LOOK_INTERVAL_MS);
  }
}

const COMPARISONS_MAX = 3;

/** Waits until what was committed is searchable, then compares. Others may write too: then it waits and looks again. */
async function settledComparison({ auditLog, index, service }: Stage): Promise<Comparison> {
  for (let attempt = 1; ; attempt += 1) {
    await confirmedThrough(service, parseLsn(await auditLog.walEnd()));
    const comparison = compareIds(await auditLog.ids(), await index.ids());
    if (agree(comparison) || attempt === COMPARISONS_MAX) return comparison;
  }
}
