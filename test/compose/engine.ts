import { execFile, execFileSync } from 'node:child_process';
import { describe } from 'vitest';

export type Outcome = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Long enough for an image to be pulled and built. */
const PATIENCE_MS = 900_000;
const OUTPUT_BYTES_MAX = 64_000_000;

/** Runs the Docker client, whatever its exit code. With `environment` it sees no variable but those and what leads to the engine. */
export function tryDocker(
  args: readonly string[],
  { cwd, environment = {} }: { readonly cwd?: string; readonly environment?: Record<string, string> } = {},
): Promise<Outcome> {
  const env = { ...leadingToEngine(), ...environment };
  return new Promise((resolve) => {
    const options = { cwd, env, timeout: PATIENCE_MS, maxBuffer: OUTPUT_BYTES_MAX };
    execFile('docker', [...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, stdout, stderr: error === null || stderr !== '' ? stderr : error.message });
    });
  });
}

/** Its standard output; rejects with what it said when it ended with another code than 0. */
export async function docker(...args: string[]): Promise<string> {
  return succeeded(args, await tryDocker(args));
}

export function succeeded(args: readonly string[], { code, stdout, stderr }: Outcome): string {
  if (code === 0) return stdout.trim();
  throw new Error(`docker ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
}

/** So that neither an account nor a port of whoever runs the tests reaches Compose. */
export function leadingToEngine(): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) =>
    /^(PATH|HOME|DOCKER_.*|SSH_AUTH_SOCK|XDG_.*|(https?|no)_proxy)$/i.test(name),
  );
  return Object.fromEntries(kept.map(([name, value]) => [name, value ?? '']));
}

/** Why nothing can run here; undefined when a Docker engine and Compose answer. */
const missing = [
  ['info', '--format', '{{.ServerVersion}}'],
  ['compose', 'version', '--short'],
].find((args) => !answers(args));
const reason = missing === undefined ? undefined : `docker ${missing[0]} does not answer`;
if (reason !== undefined) process.stderr.write(`compose: skipped, since ${reason}\n`);

function answers(args: readonly string[]): boolean {
  try {
    return execFileSync('docker', args, { stdio: ['ignore', 'pipe', 'ignore'], timeout: 60_000 }).length > 1;
  } catch {
    // Not installed, or nobody at the other end.
    return false;
  }
}

/** A suite that needs Docker. Where there is none it counts as skipped and says why. */
export function describeWithDocker(name: string, tests: () => void): void {
  describe.skipIf(reason !== undefined)(reason === undefined ? name : `${name} (skipped: ${reason})`, tests);
}
