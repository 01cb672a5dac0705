import type { AlgoliaServer } from '../../../src/local/algolia/server.ts';
import { revisionOf } from '../write-journal.ts';

/** Counts the versions of records that come again, whether Postgres sent them again or a request was repeated. */
export class Redeliveries {
  readonly #index: Pick<AlgoliaServer, 'journal'>;
  readonly #seen = new Set<string>();
  #looked = 0;

  constructor(index: Pick<AlgoliaServer, 'journal'>) {
    this.#index = index;
  }

  /** Since the last call. */
  take(): number {
    const { arrived } = this.#index.journal();
    let again = 0;
    for (const { operations } of arrived.slice(this.#looked)) {
      for (const operation of operations) {
        if (operation.kind !== 'set') continue;
        const version = `${operation.objectID}@${revisionOf(operation.record)}`;
        if (this.#seen.has(version)) again += 1;
        this.#seen.add(version);
      }
    }
    this.#looked = arrived.length;
    return again;
  }
}
