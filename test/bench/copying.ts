import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { COLUMNS } from './audit-rows.ts';
import { scriptParameters, startReaderProcess } from './reader-process.ts';
import type { Measurement, Reader, Turn } from './turn.ts';
import { untilEnded } from './until-ended.ts';

/** The columns that a record is made of, as text, which is what we read as well. */
const COPY = `COPY (SELECT ${COLUMNS.map((column) => `"${column}"`).join(', ')} FROM public.audit_log) TO STDOUT`;
const OWN_NAME = 'copying';

/** `COPY ... TO STDOUT` into /dev/null by `psql` if it lies beside the server's binaries, else by a reader of our own that drops what it reads. */
export function copyingReader(binDir: string): Reader {
  const path = join(binDir, 'psql');
  if (existsSync(path)) {
    const parameters = (url: string) => ['-X', '-q', '-o', '/dev/null', '-c', COPY, '-d', url];
    return { name: 'COPY', take: (turn) => copy(turn, path, parameters(turn.databaseUrl), 'psql') };
  }
  const parameters = (url: string) => scriptParameters('copying-reader.ts', url, COPY, OWN_NAME);
  return {
    name: 'COPY, discarding',
    take: (turn) => copy(turn, process.execPath, parameters(turn.databaseUrl), OWN_NAME),
  };
}

async function copy(
  turn: Turn,
  command: string,
  parameters: readonly string[],
  applicationName: string,
): Promise<Measurement> {
  await using child = startReaderProcess(command, parameters);
  const { seconds, command: used } = await untilEnded(turn, { ...child, name: 'COPY', applicationName });
  return { seconds, ...used, walsenderCpu: undefined };
}
