import type { Config } from '../config/schema.ts';
import type { Rows } from '../database/rows/row-reader.ts';
import type { TypeCatalog } from '../database/type-catalog.ts';
import { Finisher } from '../drafts/finisher.ts';
import { draftText } from '../drafts/open-draft.ts';
import type { ErasedActors } from '../records/erased-actors.ts';
import type { Floors } from '../records/floors.ts';
import type { Step } from '../records/operations.ts';
import type { Encoded } from '../records/record-encoder.ts';
import { NO_NAME, type ReferenceNames } from '../records/reference-names.ts';
import { RowEncoder } from '../refresh/row-encoder.ts';
import { leafOf } from './leaf.ts';
import { mappedPart, presenceOnly } from './mapped-part.ts';

/** What must be in the index because of a row. */
export type Expectation =
  | {
      readonly kind: 'record';
      readonly objectID: string;
      readonly leaf: string;
      readonly mapped: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'none'; readonly objectID: string | undefined; readonly why: NoRecord };

/** `kept-out` by its table's function. */
export type NoRecord = 'erased' | 'belowFloor' | 'unfit' | 'kept-out';

export type ExpectationsOptions = {
  readonly table: string;
  readonly config: Pick<Config, 'tables' | 'algolia' | 'keys' | 'lookups' | 'batch'>;
  readonly types: TypeCatalog;
  readonly erased: ErasedActors;
  readonly floors: Floors;
};

/** What rows must be in the index: made by the same encoder as records that are written. */
export class Expectations {
  readonly #table: string;
  readonly #encoder: RowEncoder;
  readonly #finisher: Finisher | undefined;
  readonly #mapped: (record: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
  /** Why the row that is being encoded is to have no record. */
  #excluded: 'erased' | 'belowFloor' | undefined;

  constructor({ table, config, types, erased, floors }: ExpectationsOptions) {
    const { tables, algolia, keys, batch } = config;
    const { recordBytesMax } = algolia;
    this.#table = table;
    const exclusions = {
      actorAttribute: keys.actorAttribute,
      erased,
      floors,
      onExcluded: (reason: 'erased' | 'expired') => {
        this.#excluded = reason === 'erased' ? 'erased' : 'belowFloor';
      },
    };
    const lookups = new Map(Object.keys(config.lookups).map((name) => [name, UNREAD]));
    this.#encoder = new RowEncoder({ tables, types, recordBytesMax, lookups, exclusions });
    const own = tables[table] ?? { transform: undefined };
    const withoutNames = { read: async (wanted: Parameters<Names>[0]) => noNames(wanted) };
    this.#finisher =
      own.transform === undefined
        ? undefined
        : new Finisher({ tables, recordBytesMax, bytesMax: batch.bytesMax, lookups: withoutNames });
    const isPresence = tables[table] !== undefined && presenceOnly(tables[table]) !== undefined;
    this.#mapped = isPresence ? () => NOTHING : mappedPart(tables[table] ?? {});
  }

  /** In the order of the rows. */
  async of(rows: Rows): Promise<readonly Expectation[]> {
    this.#encoder.release();
    const steps: (Encoded | undefined)[] = [];
    const reasons: (NoRecord | undefined)[] = [];
    for (const step of this.#encoder.encodeEach(this.#table, rows)) {
      steps.push(step);
      reasons.push(this.#excluded);
      this.#excluded = undefined;
    }
    const finished = this.#finisher === undefined ? steps : await this.#finish(steps, this.#finisher);
    return finished.map((step, at) => {
      if (step === undefined || step.kind === 'unfit')
        return { kind: 'none', objectID: step?.objectID, why: 'unfit' };
      if (step.kind === 'update' || step.kind === 'draft')
        return this.#record(step.objectID, JSON.parse(draftText(step)) as Readonly<Record<string, unknown>>);
      return { kind: 'none', objectID: step.objectID, why: reasons[at] ?? 'kept-out' };
    });
  }

  /** The leaf of a record as the index has it, and what it is made of. */
  actual(record: Readonly<Record<string, unknown>>) {
    const mapped = this.#mapped(record);
    return { mapped, leaf: leafOf(String(record['objectID']), mapped) };
  }

  #record(objectID: string, record: Readonly<Record<string, unknown>>): Expectation {
    const mapped = this.#mapped(record);
    return { kind: 'record', objectID, mapped, leaf: leafOf(objectID, mapped) };
  }

  async #finish(
    steps: readonly (Encoded | undefined)[],
    finisher: Finisher,
  ): Promise<readonly (Encoded | undefined)[]> {
    const finished = [...steps];
    const drafts = steps.flatMap((step, at) => (step?.kind === 'draft' ? [{ step, at }] : []));
    let rest: readonly Step[] = drafts.map(({ step }) => step);
    for (let next = 0; rest.length > 0; ) {
      const done = await finisher.finish(rest);
      for (const step of done.ready) {
        const at = drafts[next]?.at;
        // The memory of what is ready is used again.
        if (at !== undefined) finished[at] = kept(step as Encoded);
        next += 1;
      }
      rest = done.rest;
    }
    return finished;
  }
}

type Names = ConstructorParameters<typeof Finisher>[0]['lookups']['read'];

const NOTHING = {};

/** Names are no part of what is compared. */
const UNREAD: ReferenceNames = {
  table: '',
  key: '',
  find: () => undefined,
  forget: () => undefined,
  forgetAll: () => undefined,
};

function noNames(wanted: Parameters<Names>[0]) {
  return new Map(
    [...wanted].map(
      ([names, ids]) => [names, new Map([...ids].map((id) => [id, NO_NAME] as const))] as const,
    ),
  );
}

function kept(step: Encoded): Encoded {
  if (step.kind !== 'update') return step;
  const bytes = Buffer.from(step.bytes.subarray(step.start, step.end));
  return { ...step, bytes, start: 0, end: bytes.length };
}
