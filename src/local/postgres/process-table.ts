import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const POLL_MS = 20;

/** Whether a process of this id exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The command line of a process, as text that holds each argument in full; empty when there is no such process. */
export async function commandLineOf(pid: number): Promise<string> {
  if (process.platform !== 'linux') return await ps(pid, 'command=');
  // /proc separates the arguments by NUL bytes. https://man7.org/linux/man-pages/man5/proc_pid_cmdline.5.html
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return text.replaceAll('\0', ' ').trim();
}

/**
 * Something that differs between two processes that had the same id, one after the other; empty when there is no such
 * process. A zombie counts as none: it holds neither ports nor files.
 */
export async function incarnationOf(pid: number): Promise<string> {
  if (process.platform !== 'linux') return await ps(pid, 'lstart=');
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The second field, the program's name, may itself hold blanks and parentheses. Then follow the state and, as field 22,
  // the start in clock ticks since boot. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? '' : (fields[19] ?? '');
}

/** Resolves with true once the process is gone, with false when it still runs after `timeoutMs`. */
export async function waitUntilGone(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (isAlive(pid) && (await incarnationOf(pid)) !== '') {
    if (performance.now() > deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}

/** Sends a signal; a process that is already gone is not an error. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/**
 * Ends a postmaster: a fast shutdown first, then an immediate one, then by force, with `patienceMs` for each. A walsender
 * whose client answers but never confirms holds up the first for as long as it likes.
 * https://www.postgresql.org/docs/current/server-shutdown.html
 */
export async function endPostmaster(pid: number, patienceMs: number): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    sendSignal(pid, signal);
    if (await waitUntilGone(pid, patienceMs)) return;
  }
}

async function ps(pid: number, column: string): Promise<string> {
  const run = promisify(execFile);
  return await run('ps', ['-ww', '-o', column, '-p', String(pid)]).then(
    ({ stdout }) => stdout.trim(),
    () => '',
  );
}
