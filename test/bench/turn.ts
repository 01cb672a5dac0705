import type { Client } from 'pg';
import type { IndexFacts } from './index-messages.ts';
import type { Patience } from './poll.ts';
import type { CpuTime } from './process-usage.ts';
import type { ReaderProcess } from './reader-process.ts';
import type { Scenario } from './scenarios.ts';

/** One reader's turn: what it reads, from where, and until where. */
export type Turn = {
  readonly scenario: Scenario;
  readonly client: Client;
  readonly databaseUrl: string;
  readonly publication: string;
  readonly slot: string;
  /** End of what is to be read. */
  readonly endLsn: string;
  /** Of our program, where the scenario has one. */
  readonly configFile: string | undefined;
  readonly patience: Patience;
};

/** One turn, from the start of streaming until the last row counts as read: confirmed, for who confirms, else received. */
export type Measurement = {
  readonly seconds: number;
  /** Undefined, like the two below it, when the reader was done before its walsender was found. */
  readonly cpu: CpuTime | undefined;
  readonly walsenderCpu: CpuTime | undefined;
  readonly peakMemoryBytes: number | undefined;
  /** Of a command beside the reader, which is a pipeline then. */
  readonly command?: Used;
  readonly index?: Pick<IndexFacts, 'requests'> & Partial<IndexFacts>;
  readonly latency?: Latency;
};

/** What a process has used while it was watched, and the most memory that it ever had. */
export type Used = { readonly cpu: CpuTime; readonly peakMemoryBytes: number | undefined };

/** From the commit of a row, in milliseconds, one for each row. */
export type Latency = { readonly acceptedMs: readonly number[]; readonly publishedMs: readonly number[] };

export type Reader = {
  readonly name: string;
  /** The program that is measured, where it is a build of ours. */
  readonly program?: string;
  take(turn: Turn): Promise<Measurement>;
};

/** Starts what writes to the index at `indexUrl`. */
export type StartIndexing = (turn: Turn, indexUrl: string) => ReaderProcess;
