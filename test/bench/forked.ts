import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ReaderEndedError } from './bench-errors.ts';

export type Forked = AsyncDisposable & {
  /** The next message. Rejects when the process ends without one. */
  heard<T>(): Promise<T>;
  say(message: string): void;
};

/** One of the programs beside this file, which is told `options` as JSON and ends with us. Disposing ends it. */
export function forkScript(file: string, options: object): Forked {
  const script = fileURLToPath(new URL(file, import.meta.url));
  const child = fork(script, [JSON.stringify(options)], {
    execArgv: ['--import', 'jiti/register'],
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  const ended = once(child, 'exit');
  return {
    heard: async <T>() => {
      const [message] = (await Promise.race([
        once(child, 'message'),
        ended.then(([code]) => Promise.reject(new ReaderEndedError(`${file} ended with ${code}`))),
      ])) as [T];
      return message;
    },
    say: (message) => void child.send(message),
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await ended;
    },
  };
}
