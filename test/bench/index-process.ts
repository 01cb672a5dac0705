import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { IndexFacts, IndexOptions, IndexQuestion, IndexTimes } from './index-messages.ts';

export type IndexProcess = AsyncDisposable & {
  readonly url: string;
  facts(): Promise<IndexFacts>;
  times(): Promise<IndexTimes>;
  /** From now on every task is published. */
  publish(): void;
};

/** An Algolia that keeps nothing, in a process of its own. Ask one question at a time. */
export async function startIndexProcess(options: IndexOptions): Promise<IndexProcess> {
  const script = fileURLToPath(new URL('accepting-index.ts', import.meta.url));
  const child = fork(script, [JSON.stringify(options)], { execArgv: ['--import', 'jiti/register'] });
  const ended = once(child, 'exit');
  const heard = async <T>(): Promise<T> => {
    const [message] = (await Promise.race([
      once(child, 'message'),
      ended.then(([code]) => Promise.reject(new Error(`the index ended with ${code}`))),
    ])) as [T];
    return message;
  };
  const port = await heard<number>();
  const ask = (question: IndexQuestion): void => void child.send(question);
  return {
    url: `http://127.0.0.1:${port}`,
    facts: () => {
      ask('facts');
      return heard();
    },
    times: () => {
      ask('times');
      return heard();
    },
    publish: () => ask('publish'),
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await ended;
    },
  };
}
