import { EXIT, type ExitCode, UnavailableError } from '../../errors.ts';
import { startPostgres } from '../../local/postgres/start-postgres.ts';
import type { Context } from '../context.ts';
import { stopped } from '../stopped.ts';

export type LocalPostgresFlags = {
  readonly port: number;
  readonly dataDir?: string;
  readonly json?: boolean;
};

/** Serves until told to stop; ends with an error when Postgres ends first. */
export async function localPostgres(
  { output, stderr, signal }: Context,
  { port, dataDir }: LocalPostgresFlags,
): Promise<ExitCode> {
  const postgres = await startPostgres({
    port,
    ...(dataDir === undefined ? {} : { dataDir }),
    log: (line) => stderr.write(`${line}\n`),
  });
  output.json({
    url: postgres.url,
    port: postgres.port,
    dataDir: postgres.dataDir,
    logFile: postgres.logFile,
  });
  output.table([
    ['DATABASE_URL', postgres.url],
    ['data directory', postgres.dataDir],
    ['log file', postgres.logFile],
  ]);
  const ended = await Promise.race([stopped(signal), postgres.exited]);
  await postgres.stop();
  if (ended !== undefined) {
    throw new UnavailableError('Postgres has ended by itself', {
      remedy: `Its log may say why: ${postgres.logFile}`,
    });
  }
  return EXIT.done;
}
