import { slotState } from './audit-rows.ts';
import { MissingRecordsError, ReaderEndedError } from './bench-errors.ts';
import type { IndexFacts } from './index-messages.ts';
import { type IndexProcess, startIndexProcess } from './index-process.ts';
import { measure } from './measure.ts';
import { BUILT_PROGRAM, startPipelineProcess } from './pipeline-process.ts';
import { type ReaderProcess, scriptParameters, startReaderProcess } from './reader-process.ts';
import type { Measurement, Reader, Turn } from './turn.ts';

/** Starts what writes to the index at `indexUrl`. */
export type StartIndexing = (turn: Turn, indexUrl: string) => ReaderProcess;

/** The program's own `run`. */
export function pipelineReader(
  name: string,
  program = BUILT_PROGRAM,
  nodeArguments: readonly string[] = [],
): Reader {
  const start: StartIndexing = (turn, indexUrl) =>
    startPipelineProcess({ ...turn, indexUrl, program, nodeArguments });
  return { name, program, take: (turn) => drain(name, turn, start) };
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

/** Drains the backlog into an index of its own. */
async function drain(name: string, turn: Turn, start: StartIndexing): Promise<Measurement> {
  const { client, slot, endLsn, scenario } = turn;
  await using index = await startIndexProcess({ reads: false, publishes: true, ...scenario.index });
  await using reader = start(turn, index.url);
  const measured = await measure(turn, { ...reader, name }, async () => {
    const { isConfirmed } = await slotState(client, slot, endLsn);
    return isConfirmed;
  });
  return { ...measured, index: await finish(name, turn, reader, index) };
}

/** Ends the reader as an operator would. Rejects when it does not end well, or has left something out. */
export async function finish(
  name: string,
  { scenario: { rows } }: Turn,
  reader: ReaderProcess,
  index: IndexProcess,
): Promise<IndexFacts> {
  const exitCode = await reader.stop();
  if (exitCode !== 0) throw new ReaderEndedError(`${name} ended with ${exitCode} when it was told to stop`);
  const facts = await index.facts();
  if (facts.records < rows) {
    throw new MissingRecordsError(`${name} confirmed ${rows} rows and sent ${facts.records} records`);
  }
  return facts;
}
