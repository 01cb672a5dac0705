import { startProgram } from '../../support/program.ts';
import type { RunOptions } from '../program-run.ts';

export type CommandOptions = Pick<RunOptions, 'database' | 'server' | 'program' | 'config'>;

/** Starts another command of the program beside `run`. It is killed when disposed of. */
export function startCommand({ database, server, program }: CommandOptions, args: readonly string[]) {
  return startProgram(args, {
    ...(program === undefined ? {} : { main: program }),
    env: {
      DATABASE_URL: database.url,
      ALGOLIA_APP_ID: server.appId,
      ALGOLIA_API_KEY: server.adminKey,
      ALGOLIA_HOSTS: server.url,
      WAL2ALGOLIA_SLOT: database.slot,
      WAL2ALGOLIA_PUBLICATION: database.publication,
    },
  });
}
