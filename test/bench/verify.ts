import { backfill } from './backfill.ts';
import { startLocalIndex } from './local-index-process.ts';
import { BUILT_PROGRAM, startPipelineProcess } from './pipeline-process.ts';
import type { Measurement, Reader, Turn } from './turn.ts';
import { untilEnded } from './until-ended.ts';

const VERIFY = { name: 'verify', applicationName: 'wal2algolia verify' };

/** The table is compared with a local Algolia's index, which has been filled by `backfill`; `run` goes on streaming meanwhile. */
export function verifyReader(
  name: string,
  program = BUILT_PROGRAM,
  nodeArguments: readonly string[] = [],
): Reader {
  const take = async (turn: Turn): Promise<Measurement> => {
    await using index = await startLocalIndex();
    const options = { ...turn, indexUrl: index.url, program, nodeArguments };
    await using pipeline = startPipelineProcess(options);
    await backfill(turn, options, { ...pipeline, name });
    const before = await index.requests();
    await using command = startPipelineProcess(options, ['verify']);
    const { seconds, command: used } = await untilEnded(
      turn,
      { ...command, ...VERIFY },
      { ...pipeline, name },
    );
    const requests = (await index.requests()) - before;
    await pipeline.stop();
    return { seconds, ...used, walsenderCpu: undefined, index: { requests } };
  };
  return { name, program, take };
}
