import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startIndexProcess } from '../../bench/index-process.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';
import type { Backlog } from './backlog.ts';
import { type GatheringProxy, startGatheringProxy } from './gathering-proxy.ts';
import { type MeteredProgram, startMeteredProgram } from './metered-program.ts';

export type StreamOptions = {
  readonly config: Readonly<Record<string, unknown>>;
  readonly program: string | undefined;
  readonly nodeArguments?: readonly string[];
};

export type Stream = {
  readonly metered: MeteredProgram;
  readonly toPostgres: GatheringProxy;
  readonly toIndex: TcpProxy;
  /** Resolves when all of the backlog is confirmed. */
  confirmed(): Promise<void>;
};

/**
 * Works with the program between a backlog, all of which lies gathered in front of it with nothing released, and an index that accepts
 * and publishes at once while the way to it is open.
 */
export async function withStream<Result>(
  backlog: Backlog,
  { config, ...options }: StreamOptions,
  work: (stream: Stream) => Promise<Result>,
): Promise<Result> {
  await using directory = await scratchDirectory();
  const configFile = join(directory.path, 'wal2algolia.config.json');
  await writeFile(configFile, JSON.stringify(config));
  await using index = await startIndexProcess({ reads: false, publishes: true });
  await using toIndex = await startTcpProxy(index.url);
  await using toPostgres = await startGatheringProxy(backlog.url);
  const slot = await backlog.slot();
  await using metered = await startMeteredProgram({
    databaseUrl: toPostgres.url,
    indexUrl: toIndex.url,
    publication: backlog.publication,
    slot,
    configFile,
    ...options,
  });
  await backlog.sent(slot);
  return await work({ metered, toPostgres, toIndex, confirmed: () => backlog.confirmed(slot) });
}
