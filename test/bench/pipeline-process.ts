import { fileURLToPath } from 'node:url';
import { type ReaderProcess, startReaderProcess } from './reader-process.ts';

export const BUILT_PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export type PipelineOptions = {
  readonly databaseUrl: string;
  readonly indexUrl: string;
  readonly slot: string;
  readonly publication: string;
  /** Default: what `npm run build` has left. */
  readonly program?: string;
  readonly configFile?: string | undefined;
  /** Of Node itself. */
  readonly nodeArguments?: readonly string[];
};

/** The program itself, as `run` starts it, or another of its commands. */
export function startPipelineProcess(
  options: PipelineOptions,
  command: readonly string[] = ['run'],
): ReaderProcess {
  const { program = BUILT_PROGRAM, configFile, nodeArguments = [] } = options;
  const configured = configFile === undefined ? [] : ['--config', configFile];
  return startReaderProcess(process.execPath, [...nodeArguments, program, ...command, ...configured], {
    ...process.env,
    DATABASE_URL: options.databaseUrl,
    ALGOLIA_APP_ID: 'local',
    ALGOLIA_API_KEY: 'local-admin-key',
    ALGOLIA_HOSTS: options.indexUrl,
    WAL2ALGOLIA_SLOT: options.slot,
    WAL2ALGOLIA_PUBLICATION: options.publication,
    WAL2ALGOLIA_HTTP_PORT: '0',
    LOG_LEVEL: 'warn',
  });
}
