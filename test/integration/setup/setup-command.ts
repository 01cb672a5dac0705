import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ConfigInput } from '../../../src/config/schema.ts';
import type { TestDatabase } from '../../support/postgres.ts';
import { startProgram } from '../../support/program.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';

export type SetupRun = {
  readonly code: number | null;
  readonly stderr: string;
  readonly statements: readonly string[];
  readonly notices: readonly string[];
};

export type SetupCase = {
  readonly database: Pick<TestDatabase, 'url' | 'slot' | 'publication'>;
  readonly tables: ConfigInput['tables'];
  readonly lookups?: ConfigInput['lookups'];
  readonly algolia?: Partial<ConfigInput['algolia']>;
  /** Connection of `run`, where it is another one than that of setup. */
  readonly runUrl?: string;
  readonly publication?: string | string[];
  readonly dryRun?: boolean;
};

/** Nobody listens there: setup's work in Postgres depends on no Algolia. */
const NO_ALGOLIA = { appId: 'app', apiKey: 'key', hosts: ['http://127.0.0.1:1'] };

const DEAD_LETTERS: readonly unknown[] = [
  'CREATE SCHEMA IF NOT EXISTS wal2algolia',
  expect.stringMatching(/^CREATE TABLE IF NOT EXISTS wal2algolia\.dead_letter \(id /),
  expect.stringMatching(/^CREATE UNIQUE INDEX IF NOT EXISTS dead_letter_record_key /),
  expect.stringMatching(/^CREATE UNIQUE INDEX IF NOT EXISTS dead_letter_place_key /),
];
const ERASED_ACTORS: readonly unknown[] = [
  expect.stringMatching(/^CREATE TABLE IF NOT EXISTS wal2algolia\.erased_actor \(id /),
  expect.stringMatching(/^CREATE UNIQUE INDEX IF NOT EXISTS erased_actor_key /),
];
const RETENTION_FLOORS: readonly unknown[] = [
  expect.stringMatching(/^CREATE TABLE IF NOT EXISTS wal2algolia\.retention_floor \(slot_name /),
  expect.stringMatching(/^CREATE UNIQUE INDEX IF NOT EXISTS retention_floor_key /),
];
const BOOKMARKS: readonly unknown[] = [
  expect.stringMatching(/^CREATE TABLE IF NOT EXISTS wal2algolia\.bookmark \(slot_name /),
  expect.stringMatching(/^CREATE UNIQUE INDEX IF NOT EXISTS bookmark_key /),
];
const SLOT_PROGRESS: readonly unknown[] = [
  expect.stringMatching(/^CREATE TABLE IF NOT EXISTS wal2algolia\.slot_progress \(slot_name /),
  expect.stringMatching(/^CREATE UNIQUE INDEX IF NOT EXISTS slot_progress_key /),
];
const RECOVERIES: readonly unknown[] = [
  expect.stringMatching(/^CREATE TABLE IF NOT EXISTS wal2algolia\.recovery \(id /),
  expect.stringMatching(/^CREATE UNIQUE INDEX IF NOT EXISTS recovery_open_key /),
];

const BACKFILLS: readonly unknown[] = [
  expect.stringMatching(/^CREATE TABLE IF NOT EXISTS wal2algolia\.backfill \(slot_name /),
  expect.stringMatching(/^CREATE UNIQUE INDEX IF NOT EXISTS backfill_key /),
];
const VERIFICATIONS: readonly unknown[] = [
  expect.stringMatching(/^CREATE TABLE IF NOT EXISTS wal2algolia\.verification \(slot_name /),
  expect.stringMatching(/^CREATE UNIQUE INDEX IF NOT EXISTS verification_key /),
];

/** What setup runs in a database without tables of our own, behind what it does about the publication; and for a role of `run`. */
export function ownTables(role?: string): readonly unknown[] {
  const granted = (...grants: string[]): readonly unknown[] => (role === undefined ? [] : grants);
  return [
    ...DEAD_LETTERS,
    ...granted(
      `GRANT USAGE ON SCHEMA wal2algolia TO "${role}"`,
      `GRANT SELECT, INSERT, UPDATE, DELETE ON wal2algolia.dead_letter TO "${role}"`,
    ),
    ...ERASED_ACTORS,
    ...granted(`GRANT SELECT, INSERT, UPDATE ON wal2algolia.erased_actor TO "${role}"`),
    ...RETENTION_FLOORS,
    ...granted(`GRANT SELECT, INSERT, UPDATE ON wal2algolia.retention_floor TO "${role}"`),
    ...BOOKMARKS,
    ...granted(`GRANT SELECT, INSERT, DELETE ON wal2algolia.bookmark TO "${role}"`),
    ...BACKFILLS,
    ...granted(`GRANT SELECT, INSERT, UPDATE ON wal2algolia.backfill TO "${role}"`),
    ...VERIFICATIONS,
    ...granted(`GRANT SELECT, INSERT, UPDATE ON wal2algolia.verification TO "${role}"`),
    ...SLOT_PROGRESS,
    ...granted(`GRANT SELECT, INSERT, UPDATE ON wal2algolia.slot_progress TO "${role}"`),
    ...RECOVERIES,
    ...granted(`GRANT SELECT, INSERT, UPDATE ON wal2algolia.recovery TO "${role}"`),
  ];
}

/** The command `setup`, as its own process, to its end. */
export async function runSetup(setupCase: SetupCase): Promise<SetupRun> {
  const { database, tables, lookups, algolia, runUrl = database.url, dryRun = false } = setupCase;
  await using directory = await scratchDirectory();
  const file = join(directory.path, 'wal2algolia.config.json');
  const config = {
    postgres: { url: runUrl },
    replication: { slot: database.slot, publication: setupCase.publication ?? database.publication },
    algolia: { ...NO_ALGOLIA, ...algolia },
    tables,
    lookups,
  };
  await writeFile(file, JSON.stringify(config));
  await using program = startProgram(
    ['setup', '--json', '--config', file, ...(dryRun ? ['--dry-run'] : [])],
    { env: { WAL2ALGOLIA_SETUP_DATABASE_URL: database.url } },
  );
  const { code } = await program.ended;
  const { statements = [], notices = [] } = code === 0 ? JSON.parse(program.stdout()) : {};
  return { code, stderr: program.stderr(), statements, notices };
}

/** As `runSetup`; throws unless it succeeds. */
export async function setUp(setupCase: SetupCase): Promise<SetupRun> {
  const done = await runSetup(setupCase);
  if (done.code !== 0) throw new Error(`setup ended with ${done.code}: ${done.stderr}`);
  return done;
}
