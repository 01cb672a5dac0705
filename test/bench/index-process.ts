import { forkScript } from './forked.ts';
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
  const child = forkScript('accepting-index.ts', options);
  const port = await child.heard<number>();
  const ask = (question: IndexQuestion): void => child.say(question);
  return {
    url: `http://127.0.0.1:${port}`,
    facts: () => {
      ask('facts');
      return child.heard();
    },
    times: () => {
      ask('times');
      return child.heard();
    },
    publish: () => ask('publish'),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}
