import { MissingRecordsError, ReaderEndedError } from './bench-errors.ts';
import type { IndexFacts } from './index-messages.ts';
import type { IndexProcess } from './index-process.ts';
import type { ReaderProcess } from './reader-process.ts';
import type { Scenario } from './scenarios.ts';

/** Ends the reader as an operator would. Rejects when it does not end well, or has left something out. */
export async function finish(
  name: string,
  { scenario: { rows } }: { readonly scenario: Pick<Scenario, 'rows'> },
  reader: Pick<ReaderProcess, 'stop'>,
  index: Pick<IndexProcess, 'facts'>,
): Promise<IndexFacts> {
  const exitCode = await reader.stop();
  if (exitCode !== 0) throw new ReaderEndedError(`${name} ended with ${exitCode} when it was told to stop`);
  const facts = await index.facts();
  if (facts.records < rows) {
    throw new MissingRecordsError(`${name} confirmed ${rows} rows and sent ${facts.records} records`);
  }
  return facts;
}
