import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'pg';
import type { AlgoliaServer } from '../../src/local/algolia/server.ts';
import { connect } from '../support/postgres.ts';
import { confirmedLsn } from './commit-history.ts';
import type { Sample } from './early-confirmations.ts';

const INTERVAL_MS = 10;

export type Sampler = AsyncDisposable & { stop(): Promise<readonly Sample[]> };

/** How many letters there have ever been, where letters are kept. */
type CountLetters = (client: Client) => Promise<number>;

/**
 * Looks all the time at what Postgres was told to forget, and then at what has taken effect. While Postgres is away there is nothing to
 * see, and it may have gone back when it is there again.
 */
export function startSampler(
  database: { readonly url: string; readonly slot: string },
  server: Pick<AlgoliaServer, 'journal'>,
  countLetters: CountLetters = async () => 0,
): Sampler {
  const { url, slot } = database;
  const samples: Sample[] = [];
  let stopped = false;
  const work = (async () => {
    let client: Client | undefined;
    while (!stopped) {
      try {
        client ??= await connect(url);
        const lsn = await confirmedLsn({ client, slot });
        const applied = server.journal().applied.length;
        samples.push({ confirmedLsn: lsn, applied, setAside: await countLetters(client) });
      } catch {
        // Only another connection can tell more.
        await client?.end().catch(() => undefined);
        client = undefined;
      }
      await pause(INTERVAL_MS);
    }
    await client?.end().catch(() => undefined);
  })();
  const stop = async (): Promise<readonly Sample[]> => {
    stopped = true;
    await work;
    return samples;
  };
  return { stop, [Symbol.asyncDispose]: async () => void (await stop()) };
}
