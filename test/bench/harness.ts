import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { scratchDirectory } from '../support/scratch-directory.ts';
import { slotState } from './audit-rows.ts';
import { backfillReader } from './backfill.ts';
import { copyingReader } from './copying.ts';
import { discardingReader } from './discarding.ts';
import type { BenchOptions } from './options.ts';
import { poll } from './poll.ts';
import { pipelineReader, plainReader } from './readers.ts';
import { type Run, readerResults, type ScenarioResult } from './result.ts';
import type { ReaderName, Scenario } from './scenarios.ts';
import { type Stage, setStage } from './stage.ts';
import type { Measurement, Reader, Turn } from './turn.ts';
import { verifyReader } from './verify.ts';

/** Told of what happens, since it takes a while. */
export type Log = (line: string) => void;

const PROGRAM_READERS = { wal2algolia: pipelineReader, backfill: backfillReader, verify: verifyReader };

/**
 * Measures one scenario in a Postgres of its own: in each run every reader takes a turn, from a slot of its own at the same place
 * of the WAL. Rejects when a reader fails, leaves something out or never ends; nothing that was started is left then.
 */
export async function measureScenario(
  scenario: Scenario,
  options: BenchOptions,
  signal: AbortSignal,
  log: Log,
): Promise<ScenarioResult> {
  const { name, rows } = scenario;
  const size = { scenario: name, rows, perTransaction: Math.min(rows, scenario.perTransaction) };
  const stage = await setStage(scenario, options.postgres);
  if ('notMeasured' in stage) return { ...size, readers: [], ...stage };
  await using _ = stage;
  log(`${name}: ${scenario.about}; ${rows} rows, Postgres ${stage.postgres}`);
  await using directory = await scratchDirectory();
  const configFile = await writeConfig(scenario, directory.path);
  const patience = { limitMs: options.limitSeconds * 1_000, signal };
  const readers = scenario.readers.flatMap((reader) => readersOf(reader, stage, options));
  const runs: Run[] = [];
  for (let number = 1; number <= options.runs; number++) {
    const run: { reader: string; measurement: Measurement }[] = [];
    for (const [place, reader] of readers.entries()) {
      const slot = `reader_${number}_${place}`;
      const measurement = await takeTurn(reader, { ...stage, scenario, slot, configFile, patience }, stage);
      log(`  run ${number}, ${reader.name}: ${measurement.seconds.toFixed(2)} s`);
      run.push({ reader: reader.name, measurement });
    }
    runs.push(run);
  }
  return { ...size, postgres: stage.postgres, readers: readerResults(runs, rows) };
}

async function writeConfig({ config }: Scenario, directory: string): Promise<string | undefined> {
  if (config === undefined) return undefined;
  const isModule = typeof config === 'string';
  const file = join(directory, isModule ? 'config.mjs' : 'config.json');
  await writeFile(file, isModule ? config : JSON.stringify(config));
  return file;
}

function readersOf(name: ReaderName, stage: Stage, options: BenchOptions): readonly Reader[] {
  switch (name) {
    case 'pg_recvlogical':
      return [discardingReader(stage.binDir)];
    case 'wal2algolia':
      return programReaders(options);
    case 'plain stack':
      return [plainReader()];
    case 'COPY':
      return [copyingReader(stage.binDir)];
    case 'backfill':
    case 'verify':
      return programReaders(options, name);
  }
}

/** Our own program, and the build that it is measured against, as it streams or in another of its commands. */
export function programReaders(
  options: BenchOptions,
  measured: keyof typeof PROGRAM_READERS = 'wal2algolia',
): readonly Reader[] {
  const { program, against, nodeArguments } = options;
  const reader = PROGRAM_READERS[measured];
  const own = reader(measured, program, nodeArguments);
  return against === undefined ? [own] : [own, reader('other build', against)];
}

async function takeTurn(reader: Reader, turn: Turn, stage: Stage): Promise<Measurement> {
  const { client, slot, endLsn, patience } = turn;
  await stage.openSlot(slot);
  const measurement = await reader.take(turn);
  await poll(patience, `slot ${slot} is still in use`, 5, async () => {
    const { walsenderPid } = await slotState(client, slot, endLsn);
    return walsenderPid === null || undefined;
  });
  await client.query('SELECT pg_drop_replication_slot($1)', [slot]);
  return measurement;
}
