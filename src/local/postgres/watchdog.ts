import { spawn } from 'node:child_process';
import type { DataDirectory } from './data-directory.ts';

/**
 * Reads process ids, the last of which counts, until its input ends. That happens when our process is gone, however it went:
 * then it ends that process or, for a negative id, that process group, and removes the data directory if it is temporary. A
 * zombie counts as gone: in a container it may take long until somebody reaps it.
 */
const SCRIPT = `
gone() {
  kill -s 0 -- "$pid" 2>/dev/null || return 0
  grep -q '^[0-9]* (.*) Z' "/proc/$pid/stat" 2>/dev/null
}
pid=
while read -r line; do
  case $line in
    done) exit 0 ;;
    *) pid=$line ;;
  esac
done
if [ -n "$pid" ]; then
  for signal in INT QUIT KILL; do
    kill -s "$signal" -- "$pid" 2>/dev/null
    waited=0
    until gone || [ "$waited" -ge 50 ]; do
      sleep 0.1 2>/dev/null || sleep 1
      waited=$((waited + 1))
    done
    if gone; then break; fi
  done
fi
if [ "$2" = temporary ]; then rm -rf -- "$1"; fi
`;

export type Watchdog = {
  /** From now on this process (a negative number: this process group) must not outlive ours. */
  guard(pid: number): void;
  /** Nothing is left to guard; resolves when the watchdog has ended. */
  dismiss(): Promise<void>;
};

/** Starts a shell that outlives us for as long as it takes to end what we leave behind, SIGKILL included. */
export function startWatchdog(directory: DataDirectory): Watchdog {
  const { path, temporary } = directory;
  // Detached: a Ctrl-C in the terminal goes to the whole foreground group and would end the watchdog before us.
  const child = spawn(
    '/bin/sh',
    ['-c', SCRIPT, 'wal2algolia-watchdog', path, temporary ? 'temporary' : 'kept'],
    {
      detached: true,
      cwd: '/',
      stdio: ['pipe', 'ignore', 'ignore'],
    },
  );
  const ended = new Promise<void>((settle) => {
    child.once('exit', () => settle());
    child.once('error', () => settle());
  });
  child.stdin.on('error', () => undefined);
  child.unref();
  return {
    guard: (pid) => {
      child.stdin.write(`${pid}\n`);
    },
    dismiss: () => {
      child.ref();
      child.stdin.end('done\n');
      return ended;
    },
  };
}
