import { execFile } from 'node:child_process';
import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { PreconditionError } from '../../errors.ts';

/** The user that Postgres runs as; undefined stands for the one that we run as. */
export type Account = { readonly uid: number; readonly gid: number };

function runsAsRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * Postgres refuses to run as root, so root lends it an account: of whoever owns the cluster, else `postgres`, else `nobody`, as
 * most container images have no other. Rejects with a PreconditionError when there is none.
 */
export async function serverAccount(
  clusterDir: string | undefined,
  log: (line: string) => void,
): Promise<Account | undefined> {
  if (!runsAsRoot()) return undefined;
  const owner = clusterDir === undefined ? undefined : await stat(clusterDir).catch(() => undefined);
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const postgres = await accountNamed('postgres');
  if (postgres !== undefined) return postgres;
  const nobody = await accountNamed('nobody');
  if (nobody === undefined) {
    throw new PreconditionError('Postgres refuses to run as root, and there is no user "postgres"', {
      remedy: 'run as another user than root, or create one for Postgres: useradd --system postgres',
    });
  }
  log(
    'no user "postgres" here: running Postgres as "nobody"; to keep its files apart: useradd --system postgres',
  );
  return nobody;
}

async function accountNamed(name: string): Promise<Account | undefined> {
  const run = promisify(execFile);
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

/** Whether the account may enter (a directory) or execute (a file) this path and enter every directory above it. */
export async function canReach(path: string, account: Account | undefined): Promise<boolean> {
  if (account === undefined) return true;
  let current = await realpath(path);
  for (;;) {
    const { mode, uid, gid } = await stat(current);
    // As in https://man7.org/linux/man-pages/man7/path_resolution.7.html: only the first class that applies counts.
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    const parent = dirname(current);
    if (parent === current) return true;
    current = parent;
  }
}
