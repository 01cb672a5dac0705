import type { TestProject } from 'vitest/node';
import { type SharedPostgres, startSharedPostgres } from './postgres-choice.ts';
import { saidMajor } from './postgres-majors.ts';
import { addWal2json } from './wal2json.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of a database in which each test may create one of its own. */
    postgresUrl: string;
    /** Which version that is: 18.4. */
    postgresVersion: string;
    /** Set by a project that runs on this major and no other; such a project may be without one. */
    postgresMajor?: number;
    /** Set by a project whose Postgres has to have wal2json. */
    needsWal2json?: boolean;
    /** Set by a project whose large transactions would hold up the new slots of others in the same cluster. */
    standsApart?: boolean;
    /** Why this project cannot run here: all its tests are skipped, and the reason is printed. */
    unavailable?: string;
  }
}

type Users = { users: number; readonly started: ReturnType<typeof startAndTell> };

/** Vitest loads this file once for each project that names it, so what they share hangs on the process. By major, and who stands apart. */
const shared = globalThis as { wal2algoliaPostgres?: Map<string, Users> };

/** Starts the one Postgres of this major, or one for this project, and says which it is; returns what ends it after the last project. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const { postgresMajor, needsWal2json = false, standsApart = false } = project.getProvidedContext();
  const major = postgresMajor ?? saidMajor();
  shared.wal2algoliaPostgres ??= new Map();
  const running = shared.wal2algoliaPostgres;
  const key = `${major} ${standsApart ? project.name : ''}`;
  const holder = running.get(key) ?? { users: 0, started: startAndTell(major) };
  running.set(key, holder);
  holder.users += 1;
  const postgres = await holder.started;
  if ('missing' in postgres) {
    if (postgresMajor === undefined) throw new Error(postgres.missing);
    project.provide('unavailable', postgres.missing);
    return async () => {};
  }
  project.provide('postgresUrl', postgres.url);
  project.provide('postgresVersion', postgres.version);
  const reason = needsWal2json ? await addWal2json(postgres) : undefined;
  if (reason !== undefined) project.provide('unavailable', reason);
  return async () => {
    holder.users -= 1;
    if (holder.users > 0) return;
    running.delete(key);
    await postgres.stop();
  };
}

async function startAndTell(major: number | undefined): Promise<SharedPostgres | { missing: string }> {
  const postgres = await startSharedPostgres(major);
  process.stderr.write(
    'missing' in postgres ? `${postgres.missing}\n` : `The tests use ${postgres.description}\n`,
  );
  return postgres;
}
