import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ReaderEndedError } from './bench-errors.ts';
import { measure } from './measure.ts';
import { pluginOptions } from './plugin-options.ts';
import { scriptParameters, startReaderProcess } from './reader-process.ts';
import type { Measurement, Reader, Turn } from './turn.ts';

/** `pg_recvlogical` if it lies beside the server's binaries, else a reader of our own that drops what it reads. */
export function discardingReader(binDir: string): Reader {
  const path = join(binDir, 'pg_recvlogical');
  if (existsSync(path)) {
    return { name: 'pg_recvlogical', take: (turn) => readUntilExit(turn, path, recvlogicalParameters(turn)) };
  }
  return {
    name: 'pg, discarding',
    take: (turn) => readUntilExit(turn, process.execPath, ownParameters(turn)),
  };
}

function recvlogicalParameters(turn: Turn): readonly string[] {
  const options = pluginOptions(turn.scenario, turn.publication);
  const position = ['--slot', turn.slot, '--start', '--no-loop', '--endpos', turn.endLsn];
  const plugin = options.flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  return ['-d', turn.databaseUrl, ...position, ...plugin, '-f', '/dev/null'];
}

function ownParameters({ scenario, publication, databaseUrl, slot, endLsn }: Turn): readonly string[] {
  const options = pluginOptions(scenario, publication).map(([name, value]) => `"${name}" '${value}'`);
  return scriptParameters('discarding-reader.ts', databaseUrl, slot, options.join(', '), endLsn);
}

async function readUntilExit(
  turn: Turn,
  command: string,
  parameters: readonly string[],
): Promise<Measurement> {
  await using child = startReaderProcess(command, parameters);
  const measured = await measure(turn, { ...child, name: command }, async () => child.ended() !== undefined);
  if (child.ended() !== 0) throw new ReaderEndedError(`${command} ended with ${child.ended()}`);
  return measured;
}
