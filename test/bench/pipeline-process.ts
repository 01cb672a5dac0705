import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const BUILT_PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export type PipelineOptions = {
  readonly databaseUrl: string;
  readonly indexUrl: string;
  readonly slot: string;
  readonly publication: string;
  /** Default: what `npm run build` has left. */
  readonly program?: string;
  readonly configFile?: string;
  /** Of Node itself. */
  readonly nodeArguments?: readonly string[];
};

export type PipelineProcess = AsyncDisposable & {
  readonly pid: number;
  /** SIGTERM; resolves with the exit code once it has drained. */
  stop(): Promise<number | null>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
};

/** The program itself, as `run` starts it. Disposing kills it. */
export function startPipelineProcess(options: PipelineOptions): PipelineProcess {
  const child = spawnProgram(options);
  const ended = once(child, 'exit');
  const signal = async (name: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(name);
    await ended;
  };
  if (child.pid === undefined) throw new Error('the program could not be started');
  return {
    pid: child.pid,
    stop: async () => {
      await signal('SIGTERM');
      return child.exitCode;
    },
    kill: () => signal('SIGKILL'),
    [Symbol.asyncDispose]: () => signal('SIGKILL'),
  };
}

function spawnProgram(options: PipelineOptions): ChildProcess {
  const { program = BUILT_PROGRAM, configFile, nodeArguments = [] } = options;
  const configured = configFile === undefined ? [] : ['--config', configFile];
  return spawn(process.execPath, [...nodeArguments, program, 'run', ...configured], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      DATABASE_URL: options.databaseUrl,
      ALGOLIA_APP_ID: 'local',
      ALGOLIA_API_KEY: 'local-admin-key',
      ALGOLIA_HOSTS: options.indexUrl,
      WAL2ALGOLIA_SLOT: options.slot,
      WAL2ALGOLIA_PUBLICATION: options.publication,
      WAL2ALGOLIA_HTTP_PORT: '0',
      LOG_LEVEL: 'warn',
    },
  });
}
