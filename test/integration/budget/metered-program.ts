import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { MAIN } from '../../support/program.ts';
import { waitFor } from '../../support/wait-for.ts';

/** What the process has done since its start. */
export type Counts = {
  /** Of garbage. */
  readonly collections: number;
  /** Of the walsender's socket, and pauses between them. */
  readonly reads: number;
  readonly readBytes: number;
  readonly pauses: number;
  /** On all connections to Postgres but the walsender's. */
  readonly statements: number;
  /** Requests that write, and requests that ask about a task. */
  readonly batches: number;
  readonly questions: number;
  /** Calls of `next` in RxJS. */
  readonly notifications: number;
  readonly promises: number;
  readonly heapBytes: number;
  /** The most that has been resident. */
  readonly peakMemoryBytes: number;
};

export type MeteredOptions = {
  readonly databaseUrl: string;
  readonly indexUrl: string;
  readonly slot: string;
  readonly publication: string;
  readonly configFile?: string;
  /** Default: what `npm run build` has left. */
  readonly program?: string | undefined;
  /** Of Node itself. */
  readonly nodeArguments?: readonly string[];
};

export type MeteredProgram = AsyncDisposable & {
  counts(): Promise<Counts>;
  /** Resolves once so many bytes of the walsender were read since the start, and what they brought is on its way. */
  read(bytes: number): Promise<void>;
  /** Whether the walsender's socket is left alone until something else happens. */
  isHeld(): Promise<boolean>;
  /** Collects garbage, stops the clock that patience and the publication look at, and answers with the counts. */
  begin(): Promise<Counts>;
  /** Of `/metrics`. */
  inFlightBytes(): Promise<number>;
};

type Question = 'counts' | 'isHeld' | 'begin' | 'read';

const METER = fileURLToPath(new URL('meter.mjs', import.meta.url));

/** The program's own `run`, with the meter in its process. Disposing kills it. */
export async function startMeteredProgram(options: MeteredOptions): Promise<MeteredProgram> {
  const { program = MAIN, configFile, nodeArguments = [] } = options;
  const configured = configFile === undefined ? [] : ['--config', configFile];
  const child = spawn(
    process.execPath,
    ['--import', METER, ...nodeArguments, program, 'run', ...configured],
    {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: {
        PATH: process.env['PATH'],
        DATABASE_URL: options.databaseUrl,
        ALGOLIA_APP_ID: 'local',
        ALGOLIA_API_KEY: 'local-admin-key',
        ALGOLIA_HOSTS: options.indexUrl,
        WAL2ALGOLIA_SLOT: options.slot,
        WAL2ALGOLIA_PUBLICATION: options.publication,
        WAL2ALGOLIA_HTTP_PORT: '0',
      },
    },
  );
  const closed = once(child, 'close');
  let log = '';
  child.stderr?.on('data', (bytes) => {
    log += bytes;
  });
  const ended = closed.then(() => Promise.reject(new Error(`the program has ended: ${log}`)));
  ended.catch(() => undefined);
  const ask = async <Answer>(question: Question, value?: number): Promise<Answer> => {
    const heard = once(child, 'message');
    child.send([question, value]);
    const [answer] = (await Promise.race([heard, ended])) as [Answer];
    return answer;
  };
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await closed;
  };
  const listening = waitFor(() => /"address":"(http:[^"]+)"/.exec(log)?.[1], {
    description: 'the program to say where it listens',
  });
  const url = await Promise.race([listening, ended]).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    counts: () => ask<Counts>('counts'),
    isHeld: () => ask<boolean>('isHeld'),
    read: (bytes) => ask('read', bytes),
    begin: () => ask<Counts>('begin'),
    inFlightBytes: async () => {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      return Number(/^wal2algolia_in_flight_bytes (\S+)$/m.exec(metrics)?.[1]);
    },
    [Symbol.asyncDispose]: stop,
  };
}
