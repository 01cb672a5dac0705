import { drain } from './drain.ts';
import { BUILT_PROGRAM, startPipelineProcess } from './pipeline-process.ts';
import { scriptParameters, startReaderProcess } from './reader-process.ts';
import { follow } from './steady.ts';
import type { Measurement, Reader, StartIndexing, Turn } from './turn.ts';

/** The program's own `run`. */
export function pipelineReader(
  name: string,
  program = BUILT_PROGRAM,
  nodeArguments: readonly string[] = [],
): Reader {
  const start: StartIndexing = (turn, indexUrl) =>
    startPipelineProcess({ ...turn, indexUrl, program, nodeArguments });
  const take = (turn: Turn): Promise<Measurement> => {
    const { load } = turn.scenario;
    return load === undefined ? drain(name, turn, start) : follow(name, turn, load, start);
  };
  return { name, program, take };
}

/** What the same libraries do when they are put together as their documents show. */
export function plainReader(): Reader {
  const name = 'plain stack';
  const start: StartIndexing = ({ databaseUrl, slot, publication }, indexUrl) =>
    startReaderProcess(
      process.execPath,
      scriptParameters('plain-stack.ts', databaseUrl, slot, publication, indexUrl),
    );
  return { name, take: (turn) => drain(name, turn, start) };
}
