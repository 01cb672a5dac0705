import { finish } from './finish.ts';
import { startIndexProcess } from './index-process.ts';
import { BUILT_PROGRAM, type PipelineOptions, startPipelineProcess } from './pipeline-process.ts';
import type { ReaderProcess } from './reader-process.ts';
import { slotHolder } from './slot-holder.ts';
import type { Measurement, Reader, Turn } from './turn.ts';
import { untilEnded, type Work } from './until-ended.ts';

/** As the command's connection says who it is. */
const BACKFILL = { name: 'backfill', applicationName: 'wal2algolia backfill' };

/** The rows are loaded by `backfill` while the program's own `run` holds the slot, into an index that accepts at once. */
export function backfillReader(
  name: string,
  program = BUILT_PROGRAM,
  nodeArguments: readonly string[] = [],
): Reader {
  const take = async (turn: Turn): Promise<Measurement> => {
    await using index = await startIndexProcess({ reads: false, publishes: true, ...turn.scenario.index });
    const options = { ...turn, indexUrl: index.url, program, nodeArguments };
    await using pipeline = startPipelineProcess(options);
    const { seconds, pipeline: used, command } = await backfill(turn, options, { ...pipeline, name });
    return {
      seconds,
      cpu: used?.cpu,
      walsenderCpu: undefined,
      peakMemoryBytes: used?.peakMemoryBytes,
      command,
      index: await finish(name, turn, pipeline, index),
    };
  };
  return { name, program, take };
}

/** Resolves when all rows are in the index. A backfill of a turn before is forgotten. */
export async function backfill(
  turn: Turn,
  options: PipelineOptions,
  pipeline: ReaderProcess & { readonly name: string },
): Promise<Work> {
  await slotHolder(turn, pipeline);
  await using command = startPipelineProcess(options, ['backfill', '--restart']);
  return await untilEnded(turn, { ...command, ...BACKFILL }, pipeline);
}
