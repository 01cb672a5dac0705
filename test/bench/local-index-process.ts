import type { AlgoliaServerOptions } from '../../src/local/algolia/server.ts';
import { forkScript } from './forked.ts';

export type LocalIndexAddress = { readonly url: string; readonly appId: string; readonly adminKey: string };

export type LocalIndex = AsyncDisposable &
  LocalIndexAddress & {
    /** So far, of all kinds. Ask one question at a time. */
    requests(): Promise<number>;
  };

/** The local Algolia server in a process of its own, so that what it keeps and does is not ours. */
export async function startLocalIndex(
  options: Pick<AlgoliaServerOptions, 'taskDelayMs'> = {},
): Promise<LocalIndex> {
  const child = forkScript('local-index.ts', options);
  const address = await child.heard<LocalIndexAddress>();
  return {
    ...address,
    requests: () => {
      child.say('requests');
      return child.heard<number>();
    },
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}
