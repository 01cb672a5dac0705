import { readdir, readFile, readlink } from 'node:fs/promises';
import { waitFor } from './wait-for.ts';

/** Processes that name this path on their command line or work in it, as `id: command line`. Reads /proc, so Linux only. */
export async function processesAt(path: string): Promise<readonly string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(ids.map((id) => describeIfAt(id, path)));
  return found.filter((line) => line !== undefined);
}

/** Resolves when there is none. */
export async function waitUntilNoProcessAt(path: string): Promise<void> {
  await waitFor(
    async () => {
      const found = await processesAt(path);
      if (found.length > 0) throw new Error(found.join('; '));
      return true;
    },
    { description: `every process at ${path} to be gone` },
  );
}

/** What a failed test left there; the path must be the test's own. */
export async function killProcessesAt(path: string): Promise<void> {
  for (const line of await processesAt(path)) {
    try {
      process.kill(Number.parseInt(line, 10), 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
  await waitUntilNoProcessAt(path);
}

async function describeIfAt(id: string, path: string): Promise<string | undefined> {
  const commandLine = await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '');
  const directory = await readlink(`/proc/${id}/cwd`).catch(() => '');
  if (!commandLine.includes(path) && !`${directory}/`.startsWith(`${path}/`)) return undefined;
  return `${id}: ${commandLine.replaceAll('\0', ' ')}`;
}
