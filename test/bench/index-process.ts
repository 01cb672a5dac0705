import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { IndexFacts, IndexOptions, IndexQuestion } from './accepting-index.ts';

export type IndexProcess = AsyncDisposable & {
  readonly url: string;
  facts(): Promise<IndexFacts>;
  /** From now on every task is published. */
  publish(): void;
};

/** An Algolia that accepts at once and keeps nothing, in a process of its own. */
export async function startIndexProcess(options: IndexOptions): Promise<IndexProcess> {
  const script = fileURLToPath(new URL('accepting-index.ts', import.meta.url));
  const child = fork(script, [JSON.stringify(options)], { execArgv: ['--import', 'jiti/register'] });
  const ended = once(child, 'exit');
  const [port] = (await Promise.race([
    once(child, 'message'),
    ended.then(([code]) => Promise.reject(new Error(`the index ended with ${code} before it had a port`))),
  ])) as [number];
  const ask = (question: IndexQuestion): void => void child.send(question);
  return {
    url: `http://127.0.0.1:${port}`,
    facts: async () => {
      const heard = once(child, 'message');
      ask('facts');
      return ((await heard) as [IndexFacts])[0];
    },
    publish: () => ask('publish'),
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await ended;
    },
  };
}
