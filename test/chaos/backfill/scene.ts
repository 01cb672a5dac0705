import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConfigInput } from '../../../src/config/schema.ts';
import type { AlgoliaServer } from '../../../src/local/algolia/server.ts';
import { compareIndex, expectEqual, expectedAuditLog } from '../../support/index-comparison.ts';
import { drained, startIndex } from '../../support/line.ts';
import { createOwnTables } from '../../support/own-tables.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import type { Ended, Program } from '../../support/program.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { RunProcess } from '../program-run.ts';
import { startRun } from '../run-process.ts';
import { refused } from '../scenario.ts';
import { startCommand } from './command-process.ts';
import { createPast } from './past-rows.ts';

export type SceneOptions = {
  /** Makes the tables, the publication and the slot, and the rows of the past; default: the audit log. */
  readonly create?: (database: TestDatabase) => Promise<unknown>;
  readonly config?: Pick<ConfigInput, 'backfill' | 'tables' | 'batch'>;
  readonly program?: string | undefined;
  /** Default: a new one. */
  readonly database?: TestDatabase;
};

/** A table with a past, an index that can be told to misbehave, and the pipeline; the commands are the test's to start. */
export type Scene = AsyncDisposable & {
  readonly database: TestDatabase;
  readonly server: AlgoliaServer;
  run: RunProcess;
  /** One more of them, with the configuration of the pipeline but for the URL of the database and the key that are given. */
  start(args: readonly string[], url?: string, apiKey?: string): Program;
  startRun(): Promise<void>;
};

/** More than the backfill reads the keys of at once. */
export const ROWS = 12_000;
/** Many small requests, so that there is a middle to strike in. */
const SMALL_BATCHES = { batch: { recordsMax: 400 } };
const ANSWER_MS = 40;
/** What was refused may wait for half a minute before it is sent again, and a late copy of it is waited for as long; a busy machine takes its time besides. */
const ENDING_MAX_MS = 180_000;
/** The first part is asked for by itself, and has no more than these; all parts together have many times as many. */
const REQUESTS_OF_A_PART = 5;

export async function openScene(options: SceneOptions = {}): Promise<Scene> {
  const opened: AsyncDisposable[] = [];
  const use = <T extends AsyncDisposable>(part: T): T => {
    opened.push(part);
    return part;
  };
  const dispose = async (): Promise<void> => {
    for (const part of opened.toReversed()) await part[Symbol.asyncDispose]();
  };
  try {
    return await opening(options, use, dispose);
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function opening(
  options: SceneOptions,
  use: <T extends AsyncDisposable>(part: T) => T,
  dispose: () => Promise<void>,
): Promise<Scene> {
  const { create = (database: TestDatabase) => createPast(database, ROWS), program } = options;
  const config = { ...SMALL_BATCHES, ...options.config };
  const directory = use(await scratchDirectory());
  const database = use(options.database ?? (await createDatabase()));
  await createOwnTables(database);
  await create(database);
  const server = use(await startIndex());
  const file = join(directory.path, 'wal2algolia.config.json');
  await writeFile(file, JSON.stringify(config));
  const base = { database, server, program };
  const startOne = async () => use(await startRun({ ...base, config }));
  const scene = {
    database,
    server,
    run: await startOne(),
    start: (args: readonly string[], url = database.url, adminKey = server.adminKey) => {
      const { appId, url: indexUrl } = server;
      const given = { database: { ...database, url }, server: { appId, adminKey, url: indexUrl }, program };
      return use(startCommand(given, [...args, '--config', file]));
    },
    startRun: async () => {
      scene.run = await startOne();
    },
    [Symbol.asyncDispose]: dispose,
  };
  await scene.run.streaming();
  server.faults.add({
    kind: 'slow',
    firstByteMs: ANSWER_MS,
    path: '/batch',
    times: Number.POSITIVE_INFINITY,
  });
  return scene;
}

/**
 * Starts a backfill and resolves when a part of it is kept as read. However long the test takes for what comes next, it does not come to
 * its end: the index refuses what is beyond, until its faults are cleared.
 */
export async function startHalfway(scene: Scene): Promise<Program> {
  scene.server.faults.clear();
  scene.server.faults.add(refused(503, { skip: REQUESTS_OF_A_PART }));
  const command = scene.start(['backfill']);
  await kept(scene, 1);
  return command;
}

/** Resolves when the backfill has kept that it has come that far: a number of rows. */
export async function kept({ database }: Scene, rowsMin: number): Promise<void> {
  await waitFor(
    async () => {
      const { rows } = await database.client.query<{ done: number }>(
        'SELECT sum(rows_done)::float8 AS done FROM wal2algolia.backfill',
      );
      return (rows[0]?.done ?? 0) >= rowsMin;
    },
    { description: `${rowsMin} rows to be kept as read`, intervalMs: 5 },
  );
}

/** Resolves once it has ended, with what it said; rejects when that takes longer than anything should. */
export async function ending(command: Program): Promise<Ended & { readonly said: string }> {
  let ended: Ended | undefined;
  void command.ended.then((how) => {
    ended = how;
  });
  const how = await waitFor(() => ended, {
    description: `the command to end, which said ${command.stdout()}${command.stderr()}`,
    timeoutMs: ENDING_MAX_MS,
  });
  return { ...how, said: command.stdout() + command.stderr() };
}

/** Fails with the first differences unless the index holds exactly what it must, once the slot has caught up. */
export async function expectWhole(
  scene: Pick<Scene, 'database' | 'server'>,
  rowsMin = ROWS,
  expected = expectedAuditLog(),
  index = 'audit_log',
): Promise<void> {
  await drained(scene.database);
  await expectHeld(scene, rowsMin, expected, index);
}

/** The same where nobody holds the slot any more, so that it is confirmed no further. */
export async function expectHeld(
  scene: Pick<Scene, 'database' | 'server'>,
  rowsMin = ROWS,
  expected = expectedAuditLog(),
  index = 'audit_log',
): Promise<void> {
  expectEqual(await compareIndex(scene.database.client, scene.server, index, expected), rowsMin);
}
