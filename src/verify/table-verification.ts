import type { Judge } from './judge.ts';
import { type Differing, isDifference, type Verdict } from './verdict.ts';
import { Tally, type VerifiedWindow } from './verified.ts';
import { type Part, type PassOptions, passOver } from './window-pass.ts';
import type { WindowPlan } from './window-plan.ts';

export type TableVerificationOptions = Omit<PassOptions, 'excused' | 'onStray'> & {
  readonly judge: Judge;
  readonly plan: WindowPlan;
  /** Only a part of the table is compared. */
  readonly isScoped: boolean;
  /** Whether a row of the table can have the objectID. */
  readonly isKey: (objectID: string) => boolean;
  /** Has records read again; undefined where nothing is to be repaired. */
  readonly readAgain: ((objectIDs: readonly string[]) => Promise<void>) | undefined;
  readonly onWindow: ((window: VerifiedWindow, of: number) => void) | undefined;
};

/** Judged and repaired at once, so that their rows fit into memory. */
const AT_ONCE = 1_000;
/** So many that were counted are remembered, not to be counted again in another window. */
const REMEMBERED_MAX = 100_000;

/** Goes through the windows of one table, each in as many slices as it takes, and judges what does not agree at first sight. */
export class TableVerification {
  readonly tally = new Tally();
  readonly #options: TableVerificationOptions;
  readonly #counted = new Set<string>();

  constructor(options: TableVerificationOptions) {
    this.#options = options;
  }

  /** Rejects with a Wal2AlgoliaError, or with `pg`'s error. */
  async run(): Promise<Tally> {
    const { key, windows, slices, hasOutside, isFiltered } = this.#options.plan;
    const all = hasOutside ? [...windows, 'no-value' as const] : windows;
    for (const bounds of all) {
      const open = Array.from({ length: slices }, (_, at) => ({ at, of: slices }));
      for (let slice = open.shift(); slice !== undefined; slice = open.shift()) {
        const { at, of } = slice;
        const isDone = await this.#part({ key, bounds, slice, isFiltered, hasOutside }, all.length * slices);
        if (!isDone) open.unshift({ at, of: 2 * of }, { at: at + of, of: 2 * of });
      }
    }
    return this.tally;
  }

  /** False where there is more of it than may be held at once. */
  async #part(part: Part, of: number): Promise<boolean> {
    const { tally } = this;
    const before = tally.differences;
    const onStray = (objectIDs: readonly string[]) => this.#judge(objectIDs, 'stray');
    const pass = await passOver(part, { ...this.#options, excused: tally.excused, onStray });
    if (pass === undefined) return false;
    const { suspects, ...found } = pass;
    for (let at = 0; at < suspects.length; at += AT_ONCE)
      await this.#judge(suspects.slice(at, at + AT_ONCE), 'suspect');
    const isOutside = part.bounds === 'no-value';
    const { from, to } = part.bounds === 'no-value' ? NOWHERE : part.bounds;
    const differing = tally.differences - before;
    const window = { from, to, isOutside, slice: part.slice, ...found, differing };
    tally.window(window);
    this.#options.onWindow?.(window, of);
    return true;
  }

  async #judge(objectIDs: readonly string[], what: 'stray' | 'suspect'): Promise<void> {
    const { judge, readAgain, isKey } = this.#options;
    const different = new Map<string, Differing>();
    for (const [objectID, verdict] of await judge.judge(objectIDs)) {
      if (!isDifference(verdict)) {
        if (verdict.kind !== 'agrees') this.tally.excused[verdict.kind] += 1;
      } else if (this.#counts(objectID, verdict, what)) different.set(objectID, verdict);
    }
    if (different.size === 0) return;
    const names = [...different.keys()];
    await readAgain?.(names);
    const after = readAgain && (await judge.judge(names));
    for (const [objectID, { kind: difference, attributes }] of different) {
      const left = after?.get(objectID);
      this.tally.difference({
        objectID,
        difference,
        attributes,
        isRepaired: left !== undefined && !isDifference(left) && left.kind !== 'deadLetters',
        isForeign: !isKey(objectID),
      });
    }
  }

  /** A record that was found where its row is not is counted with its row, unless that is no part of what is compared; nothing is counted twice. */
  #counts(objectID: string, { kind }: Verdict, what: 'stray' | 'suspect'): boolean {
    if (what === 'stray' && kind !== 'extra' && !this.#options.isScoped) return false;
    if (this.#counted.has(objectID)) return false;
    if (this.#counted.size < REMEMBERED_MAX) this.#counted.add(objectID);
    return true;
  }
}

const NOWHERE = { from: undefined, to: undefined };
