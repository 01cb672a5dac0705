import type { ReadAlgolia } from './index-reader.ts';

/** Between two requests. With pages of a thousand, at most some thousands of records a second are read. */
const PAUSE_MS = 100;

/** Reads an index at a low rate; every request waits for `pause`, which rejects when no more is to be asked. */
export function gentle(algolia: ReadAlgolia, pause: (ms: number) => Promise<void>): ReadAlgolia {
  const paused =
    <A extends unknown[], T>(ask: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      await pause(PAUSE_MS);
      return ask(...args);
    };
  return {
    browseRecords: paused((...args) => algolia.browseRecords(...args)),
    getRecords: paused((...args) => algolia.getRecords(...args)),
    search: paused((...args) => algolia.search(...args)),
    batch: paused((...args) => algolia.batch(...args)),
    isPublished: paused((...args) => algolia.isPublished(...args)),
    keyRights: paused(() => algolia.keyRights()),
    getSettings: paused((...args) => algolia.getSettings(...args)),
  };
}
