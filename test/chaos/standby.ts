import { execFile } from 'node:child_process';
import { chown, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from '../support/wait-for.ts';
import { type OwnCluster, startOwnCluster } from './own-cluster.ts';

export type Standby = OwnCluster & {
  /** Resolves when it has replayed all that the primary has written by now. */
  caughtUp(): Promise<void>;
  /** Makes it a primary; resolves when it takes writes. */
  promote(): Promise<void>;
};

/**
 * A physical standby of the primary, which is stopped for as long as its files are copied. It streams from the start on, and has no
 * slots but those that Postgres itself synchronizes.
 */
export async function startStandby(
  primary: OwnCluster,
  settings: Readonly<Record<string, string>> = {},
): Promise<Standby> {
  const { hostname, port, username, password } = new URL(primary.url);
  const conninfo = `host=${hostname} port=${port} user=${username} password=${password} dbname=postgres application_name=standby`;
  await primary.end('SIGINT');
  const standby = await startOwnCluster({
    settings: { primary_conninfo: conninfo, hot_standby: 'on', ...settings },
    prepare: async (dataDir) => {
      await copyCluster(primary, dataDir);
      await rm(join(dataDir, 'cluster', 'pg_replslot'), { recursive: true });
      await ownedCopy(dataDir, 'pg_replslot', 'pg_twophase');
      await ownedFile(dataDir, 'standby.signal');
      // Only now is it there for the standby to connect to.
      await primary.start();
    },
  });
  return {
    ...standby,
    get client() {
      return standby.client;
    },
    caughtUp: () => caughtUp(primary, standby),
    promote: async () => {
      // https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-RECOVERY-CONTROL
      const { rows } = await standby.client.query<{ done: boolean }>('SELECT pg_promote() AS done');
      if (!rows[0]?.done) throw new Error('the standby was not promoted in time');
    },
  };
}

/** Copies a cluster that is not running, password and all; who owns the files stays as it is. */
export async function copyCluster(from: OwnCluster, dataDir: string): Promise<void> {
  for (const name of ['cluster', 'password']) {
    await promisify(execFile)('cp', ['-pR', join(from.dataDir, name), join(dataDir, name)]);
  }
}

async function ownedFile(dataDir: string, name: string): Promise<void> {
  const { uid, gid } = await stat(join(dataDir, 'cluster', 'PG_VERSION'));
  const path = join(dataDir, 'cluster', name);
  await writeFile(path, '', { mode: 0o600 });
  await chown(path, uid, gid);
}

/** An empty directory like another one. */
async function ownedCopy(dataDir: string, name: string, like: string): Promise<void> {
  const [path, model] = [join(dataDir, 'cluster', name), join(dataDir, 'cluster', like)];
  await promisify(execFile)('cp', ['-pR', model, path]);
}

async function caughtUp(primary: OwnCluster, standby: OwnCluster): Promise<void> {
  const { rows } = await primary.client.query<{ lsn: string }>(
    'SELECT pg_current_wal_flush_lsn()::text AS lsn',
  );
  await waitFor(
    async () => {
      const { rows: replayed } = await standby.client.query<{ done: boolean }>(
        'SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS done',
        [rows[0]?.lsn],
      );
      return replayed[0]?.done;
    },
    { description: `the standby to have replayed ${rows[0]?.lsn}` },
  );
}
