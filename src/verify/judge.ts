import { setTimeout as delay } from 'node:timers/promises';
import type { ExclusionLists } from './exclusion-lists.ts';
import type { Expectation } from './expectations.ts';
import type { IndexReader, IndexRecord } from './index-reader.ts';
import { newerRecords } from './newer.ts';
import { heldCommits, readSeenRows, type SeenRows, type SeenRowsOptions } from './seen-rows.ts';
import { isDifference, type Verdict, verdictOf } from './verdict.ts';

export type JudgeOptions = SeenRowsOptions & {
  readonly lists: ExclusionLists;
  readonly index: IndexReader;
  /** Resolves once all that is visible by now can be found in the index, or would be. */
  readonly passed: () => Promise<void>;
  /** Those of the objectIDs for which a dead letter stands. */
  readonly lettered: (objectIDs: readonly string[]) => Promise<ReadonlySet<string>>;
};

/** Row and record as they were seen together: seen so twice in a row, they differ. */
type Sighting = { readonly verdict: Verdict; readonly token: string };

const ROUNDS_MAX = 12;
/** A commit that is in the WAL becomes visible within a moment, unless a standby keeps it. */
const HELD_MAX_MS = 2_000;
const HELD_PAUSE_MS = 50;
const NEWER: Verdict = { kind: 'newer' };

/**
 * Looks at single rows and records until it is sure: each is read again by its key, and the record once the stream has passed that. What was
 * written meanwhile is looked at again.
 */
export class Judge {
  readonly #options: JudgeOptions;
  /** How long commits that are held are still waited for. */
  #patienceMs = HELD_MAX_MS;

  constructor(options: JudgeOptions) {
    this.#options = options;
  }

  /** By objectID, in their order. Up to 1,000 at a time, so that their rows fit into memory. Rejects with a Wal2AlgoliaError. */
  async judge(objectIDs: readonly string[]): Promise<ReadonlyMap<string, Verdict>> {
    const { lists, lettered } = this.#options;
    await lists.read();
    const verdicts = new Map<string, Verdict>(objectIDs.map((objectID) => [objectID, NEWER]));
    let open = new Map<string, Sighting | undefined>(objectIDs.map((objectID) => [objectID, undefined]));
    this.#patienceMs = HELD_MAX_MS;
    for (let round = 1; round <= ROUNDS_MAX && open.size > 0; round++) {
      const seen = await this.#look([...open.keys()]);
      const again = new Map<string, Sighting | undefined>();
      for (const [objectID, sighting] of seen) {
        const isSure =
          sighting !== undefined &&
          (!isDifference(sighting.verdict) || sighting.token === open.get(objectID)?.token);
        if (isSure) verdicts.set(objectID, sighting.verdict);
        else again.set(objectID, sighting);
      }
      open = again;
    }
    const differing = [...verdicts].flatMap(([objectID, { kind }]) => (kind === 'agrees' ? [] : [objectID]));
    for (const objectID of await lettered(differing)) verdicts.set(objectID, { kind: 'deadLetters' });
    return verdicts;
  }

  /** Undefined for what is being changed at this moment. */
  async #look(objectIDs: readonly string[]): Promise<ReadonlyMap<string, Sighting | undefined>> {
    const { index, passed, expectations, scan } = this.#options;
    const isHeld = !(await this.#untilNothingIsHeld());
    const read = await readSeenRows(this.#options, objectIDs);
    await passed();
    const records = await index.records(objectIDs);
    const there = records.filter((record) => record !== undefined);
    const newer = await newerRecords(there, read.snapshot, () => scan.nextXid());
    const seen = new Map<string, Sighting | undefined>();
    for (const [at, objectID] of objectIDs.entries()) {
      const record = records[at];
      const rows = read.byObjectID.get(objectID) ?? [];
      const actual = record && expectations.actual(record);
      const verdict = verdictOf(
        rows.map(({ expectation }) => expectation),
        actual,
        this.#circumstances(read, record),
      );
      const isOpen =
        verdict.kind !== 'agrees' &&
        ((record !== undefined && newer.has(record)) || rows.some((row) => row.isHeld));
      const versions = rows.map(({ version, expectation }) => `${version} ${leafText(expectation)}`).sort();
      const token = `${verdict.kind}\n${actual?.leaf}\n${versions.join('\n')}`;
      if (!isOpen) seen.set(objectID, { verdict, token });
      else seen.set(objectID, isHeld ? { verdict: NEWER, token } : undefined);
    }
    return seen;
  }

  #circumstances({ followsDeletes }: SeenRows, record: IndexRecord | undefined) {
    const { config, table, lists } = this.#options;
    const time = config.expiry && record?.[`${config.expiry.time.attribute}_ms`];
    const isBelowFloor = typeof time === 'number' && time < lists.floors.of(table).ms;
    return { followsDeletes, isErasing: lists.isErasing, isBelowFloor };
  }

  /** False where a standby keeps commits for long. By the rows that a snapshot sees, what is in the WAL and not visible cannot be told from a fault. */
  async #untilNothingIsHeld(): Promise<boolean> {
    const { scan } = this.#options;
    while (heldCommits(await scan.visibility()).length > 0) {
      if (this.#patienceMs <= 0) return false;
      this.#patienceMs -= HELD_PAUSE_MS;
      await delay(HELD_PAUSE_MS);
    }
    return true;
  }
}

function leafText(expectation: Expectation): string {
  return expectation.kind === 'record' ? expectation.leaf : expectation.why;
}
