import type { TestProject } from 'vitest/node';
import { type SharedPostgres, startSharedPostgres } from './postgres-choice.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of a database in which each test may create one of its own. */
    postgresUrl: string;
  }
}

/** Vitest loads this file once for each project that names it, so what they share hangs on the process. */
const shared = globalThis as { wal2algoliaPostgres?: { users: number; started: Promise<SharedPostgres> } };

/** Starts the one Postgres of the run and says which it is; returns what ends it after the last project. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  shared.wal2algoliaPostgres ??= { users: 0, started: startAndTell() };
  const holder = shared.wal2algoliaPostgres;
  holder.users += 1;
  project.provide('postgresUrl', (await holder.started).url);
  return async () => {
    holder.users -= 1;
    if (holder.users > 0) return;
    delete shared.wal2algoliaPostgres;
    await (await holder.started).stop();
  };
}

async function startAndTell(): Promise<SharedPostgres> {
  const postgres = await startSharedPostgres();
  process.stderr.write(`The tests use ${postgres.description}\n`);
  return postgres;
}
