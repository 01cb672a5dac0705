import { linkSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PreconditionError } from '../../errors.ts';

const LOCK_FILE = 'lock';

/** Directories that this very process has open: a process id alone cannot tell them from those of a dead namesake. */
const heldHere = new Set<string>();

type Holder = { readonly pid: number; readonly startedAt: string | undefined };

/** Keeps a second server out of a data directory; a lock whose process is gone is taken over. */
export class DirectoryLock {
  readonly #directory: string;

  /** Throws a PreconditionError while another server holds the directory. */
  constructor(directory: string) {
    this.#directory = realpathSync(directory);
    if (heldHere.has(this.#directory)) throw held(directory, process.pid);
    this.#take(directory);
    heldHere.add(this.#directory);
  }

  release(): void {
    heldHere.delete(this.#directory);
    rmSync(join(this.#directory, LOCK_FILE), { force: true });
  }

  #take(directory: string): void {
    const path = join(this.#directory, LOCK_FILE);
    const own = JSON.stringify({ pid: process.pid, startedAt: startOf(process.pid) });
    while (!created(path, own)) {
      const found = textOf(path);
      if (found === undefined) continue;
      const holder = holderIn(found);
      if (holder !== undefined && isAlive(holder)) throw held(directory, holder.pid);
      // Moved aside first, so that of two that find it stale only one removes it.
      const aside = `${path}.${process.pid}`;
      try {
        renameSync(path, aside);
      } catch (error) {
        if (!hasCode(error, 'ENOENT')) throw error;
        continue;
      }
      const moved = textOf(aside);
      if (moved !== found) renameSync(aside, path);
      else rmSync(aside, { force: true });
    }
  }
}

/** Linked into place, so that nobody reads a lock half written. */
function created(path: string, content: string): boolean {
  const draft = `${path}.${process.pid}.draft`;
  writeFileSync(draft, content, { mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Undefined for what is no lock. */
function holderIn(text: string): Holder | undefined {
  try {
    const { pid, startedAt } = JSON.parse(text) as { pid?: unknown; startedAt?: unknown };
    if (typeof pid !== 'number') return undefined;
    return { pid, startedAt: typeof startedAt === 'string' ? startedAt : undefined };
  } catch {
    // No holder can be read from it.
    return undefined;
  }
}

/** A process of that id that started at another time is a stranger; containers reuse small ids at every start. */
function isAlive({ pid, startedAt }: Holder): boolean {
  // Ours would be in `heldHere`.
  if (pid === process.pid) return false;
  const start = startOf(pid);
  if (start !== undefined && startedAt !== undefined) return start === startedAt;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !hasCode(error, 'ESRCH');
  }
}

/** The 22nd field, counted behind the name in parentheses. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    // No /proc, as on macOS, or no such process.
    return undefined;
  }
}

function held(directory: string, pid: number): PreconditionError {
  return new PreconditionError(
    `another local Algolia server (process ${pid}) has the data directory ${directory} open`,
    {
      remedy: 'stop that server, or give this one a directory of its own',
    },
  );
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
