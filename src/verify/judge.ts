import { setTimeout as delay } from 'node:timers/promises';
import type { TableConfig } from '../config/schema.ts';
import { isVisible, type Snapshot } from '../database/snapshot.ts';
import type { ScannedTable, TableScan, Versions } from '../database/table-scan.ts';
import { PreconditionError } from '../errors.ts';
import { follows } from '../records/followed.ts';
import { keyOf } from '../records/object-id.ts';
import { isKeyOf } from '../records/refresh-message.ts';
import type { ExclusionLists } from './exclusion-lists.ts';
import type { Expectation, Expectations } from './expectations.ts';
import type { IndexReader, IndexRecord } from './index-reader.ts';
import { isNewer } from './newer.ts';
import { isDifference, type Verdict, verdictOf } from './verdict.ts';

export type JudgeOptions = {
  readonly table: string;
  readonly config: TableConfig;
  readonly scan: TableScan;
  readonly scanned: ScannedTable;
  readonly expectations: Expectations;
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
const OBJECT_ID_BYTES_MAX = 100_000;
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
    const { index, passed, expectations } = this.#options;
    const isHeld = !(await this.#untilNothingIsHeld());
    const read = await this.#rows(objectIDs);
    const expected = await this.#expected(read);
    await passed();
    const records = await index.records(objectIDs);
    const seen = new Map<string, Sighting | undefined>();
    for (const [at, objectID] of objectIDs.entries()) {
      const record = records[at];
      const rows = expected.get(objectID) ?? [];
      const actual = record && expectations.actual(record);
      const verdict = verdictOf(
        rows.map(({ expectation }) => expectation),
        actual,
        this.#circumstances(read, record),
      );
      const isOpen =
        verdict.kind !== 'agrees' &&
        ((record !== undefined && isNewer(record, read.snapshot)) || rows.some(({ isHeld }) => isHeld));
      const versions = rows.map(({ version, expectation }) => `${version} ${leafText(expectation)}`).sort();
      const token = `${verdict.kind}\n${actual?.leaf}\n${versions.join('\n')}`;
      if (!isOpen) seen.set(objectID, { verdict, token });
      else seen.set(objectID, isHeld ? { verdict: NEWER, token } : undefined);
    }
    return seen;
  }

  #circumstances({ shape }: Versions, record: IndexRecord | undefined) {
    const { config, table, lists } = this.#options;
    const followsDeletes = shape.followsDeletes && follows(config, 'delete');
    const time = config.expiry && record?.[`${config.expiry.time.attribute}_ms`];
    const isBelowFloor = typeof time === 'number' && time < lists.floors.of(table).ms;
    return { followsDeletes, isErasing: lists.isErasing, isBelowFloor };
  }

  async #rows(objectIDs: readonly string[]): Promise<Versions> {
    const { config, scan, scanned, table } = this.#options;
    // What somebody has put into the index may be called anything.
    const keys = objectIDs
      .filter(isKeyOf(config, OBJECT_ID_BYTES_MAX))
      .map((each) => keyOf(each, config) ?? []);
    const read = await scan.readKeys(scanned, { keyColumns: config.objectID, keys });
    if (read === undefined) throw notPublished(table);
    return read;
  }

  async #expected(read: Versions): Promise<ReadonlyMap<string, readonly Seen[]>> {
    const isHeld = held(read).length > 0;
    const expected = new Map<string, Seen[]>();
    for (const [at, expectation] of (await this.#options.expectations.of(read)).entries()) {
      if (expectation.objectID === undefined) continue;
      const seen = {
        expectation,
        version: read.versions[at] ?? '',
        isHeld: isHeld && read.areTouched[at] === true,
      };
      const others = expected.get(expectation.objectID);
      if (others === undefined) expected.set(expectation.objectID, [seen]);
      else others.push(seen);
    }
    return expected;
  }

  /** False where a standby keeps commits for long. By the rows that a snapshot sees, what is in the WAL and not visible cannot be told from a fault. */
  async #untilNothingIsHeld(): Promise<boolean> {
    const { scan } = this.#options;
    while (held(await scan.visibility()).length > 0) {
      if (this.#patienceMs <= 0) return false;
      this.#patienceMs -= HELD_PAUSE_MS;
      await delay(HELD_PAUSE_MS);
    }
    return true;
  }
}

type Seen = {
  readonly expectation: Expectation;
  readonly version: string;
  /** Perhaps changed or deleted by a transaction that is in the WAL, and that nobody sees yet. */
  readonly isHeld: boolean;
};

function leafText(expectation: Expectation): string {
  return expectation.kind === 'record' ? expectation.leaf : expectation.why;
}

/** Commits that are in the WAL and not visible. */
function held({ waiting, snapshot }: { readonly waiting: ReadonlySet<number>; readonly snapshot: Snapshot }) {
  return [...waiting].filter((xid) => !isVisible(xid, snapshot));
}

export function notPublished(table: string): PreconditionError {
  return new PreconditionError(`${table} is not there, or not published`, {
    remedy: 'Run `wal2algolia setup`, or take it out of the configuration.',
  });
}
