import type { Config, LookupConfig } from '../config/schema.ts';
import { postgresFailure } from '../database/failures.ts';
import { LookupReader } from '../database/lookup-reader.ts';
import type { Snapshot } from '../database/snapshot.ts';
import { NAME_BYTES_MAX, NO_NAME, type ReferenceNames } from '../records/reference-names.ts';
import type { Transaction } from '../records/transaction.ts';
import { NameCache } from './name-cache.ts';
import { nameJson } from './name-json.ts';

const CACHE_BYTES_MAX = 33_554_432;

export type LookupsOptions = {
  readonly url: string;
  readonly lookups: Config['lookups'];
  /** Resolves once every transaction that the stream has delivered is visible, with a snapshot that sees them. */
  readonly whenVisible: () => Promise<Snapshot>;
};

/** Names by reference table and key: their JSON, `null` where there is none. */
export type NamesByKey = ReadonlyMap<ReferenceNames, ReadonlyMap<string, string>>;

/** The reference tables of one session: what is remembered of them, and how the rest is read. */
export class Lookups {
  /** By the names of their lookups. */
  readonly byName: ReadonlyMap<string, Reference>;
  readonly #reader: LookupReader;
  readonly #whenVisible: () => Promise<Snapshot>;

  constructor({ url, lookups, whenVisible }: LookupsOptions) {
    this.#reader = new LookupReader(url, NAME_BYTES_MAX);
    this.#whenVisible = whenVisible;
    const references = Object.entries(lookups).map(([name, config]) => new Reference(name, config));
    this.byName = new Map(references.map((each) => [each.name, each]));
  }

  /**
   * The names of these keys, read by one statement per table. Rows of transactions that the stream has delivered are among them, since
   * nothing is read before they are visible. Rejects with a Wal2AlgoliaError.
   */
  async read(wanted: ReadonlyMap<ReferenceNames, ReadonlySet<string>>): Promise<NamesByKey> {
    const names = new Map<ReferenceNames, ReadonlyMap<string, string>>();
    const asked = [...this.byName.values()].filter((each) => wanted.has(each));
    // What the stream brings from here on may be newer than what is read.
    for (const reference of asked) reference.startReading();
    try {
      const seenBy = await this.#whenVisible();
      for (const reference of asked) {
        const keys = [...(wanted.get(reference) ?? [])];
        names.set(reference, await reference.read(this.#reader, keys, seenBy));
      }
    } catch (error) {
      throw postgresFailure(error, 'reading names');
    }
    return names;
  }

  close(): Promise<void> {
    return this.#reader.close();
  }
}

class Reference implements ReferenceNames {
  readonly name: string;
  readonly table: string;
  readonly key: string;
  readonly #config: LookupConfig;
  readonly #cache: NameCache;

  constructor(name: string, config: LookupConfig) {
    this.name = name;
    this.table = config.table;
    this.key = config.key;
    this.#config = config;
    this.#cache = new NameCache({ rowsMax: config.cacheRowsMax, bytesMax: CACHE_BYTES_MAX });
  }

  /** Of a row that somebody asked for everything is read anew. */
  find(key: string, { xid }: Pick<Transaction, 'xid'>): string | undefined {
    return xid === undefined ? undefined : this.#cache.find(key, xid, performance.now());
  }

  forget(key: string): void {
    this.#cache.forget(key);
  }

  forgetAll(): void {
    this.#cache.forgetAll();
  }

  startReading(): void {
    this.#cache.startReading();
  }

  async read(
    reader: LookupReader,
    keys: readonly string[],
    seenBy: Snapshot,
  ): Promise<ReadonlyMap<string, string>> {
    const startedAtMs = performance.now();
    const { found, impossible } = await reader.read({ ...this.#config, name: this.name }, keys);
    const untilMs = startedAtMs + 1_000 * this.#config.cacheSeconds;
    const names = new Map<string, string>();
    for (const key of keys) {
      const row = found.get(key);
      const json = row === undefined || row.name === null ? NO_NAME : nameJson(row.name);
      names.set(key, json);
      const holds = row !== undefined || impossible.has(key);
      // Changes of its row come with another text of the key, and would not be known for changes of this name.
      if (row !== undefined && !row.isOwnText) continue;
      this.#cache.remember(key, { json, seenBy: holds ? undefined : seenBy, untilMs });
    }
    this.#cache.endReading();
    return names;
  }
}
