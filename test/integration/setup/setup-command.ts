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

/** In the order in which setup makes them: each with its first column, its unique indexes and what the role of `run` may. */
const OWN_TABLES = [
  [
    'dead_letter',
    'id',
    ['dead_letter_record_key', 'dead_letter_place_key'],
    'SELECT, INSERT, UPDATE, DELETE',
  ],
  ['erased_actor', 'id', ['erased_actor_key'], 'SELECT, INSERT, UPDATE'],
  ['retention_floor', 'slot_name', ['retention_floor_key'], 'SELECT, INSERT, UPDATE'],
  ['bookmark', 'slot_name', ['bookmark_key'], 'SELECT, INSERT, DELETE'],
  ['backfill', 'slot_name', ['backfill_key'], 'SELECT, INSERT, UPDATE'],
  ['verification', 'slot_name', ['verification_key'], 'SELECT, INSERT, UPDATE'],
  ['slot_progress', 'slot_name', ['slot_progress_key'], 'SELECT, INSERT, UPDATE'],
  ['recovery', 'id', ['recovery_open_key'], 'SELECT, INSERT, UPDATE'],
] as const;

/** What setup runs in a database without tables of our own, behind what it does about the publication; and for a role of `run`. */
export function ownTables(role?: string): readonly unknown[] {
  const granted = (grant: string): readonly string[] =>
    role === undefined ? [] : [`GRANT ${grant} TO "${role}"`];
  const begins = (sql: string): unknown =>
    expect.stringMatching(new RegExp(`^${sql.replaceAll(/[.()]/g, '\\$&')}`));
  const statements = OWN_TABLES.map(([table, column, indexes, rights]) => ({
    made: [
      begins(`CREATE TABLE IF NOT EXISTS wal2algolia.${table} (${column} `),
      ...indexes.map((index) => begins(`CREATE UNIQUE INDEX IF NOT EXISTS ${index} `)),
    ],
    granted: granted(`${rights} ON wal2algolia.${table}`),
  }));
  const [first, ...others] = statements;
  return [
    'CREATE SCHEMA IF NOT EXISTS wal2algolia',
    ...(first?.made ?? []),
    ...granted('USAGE ON SCHEMA wal2algolia'),
    ...(first?.granted ?? []),
    ...others.flatMap(({ made, granted: rights }) => [...made, ...rights]),
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
