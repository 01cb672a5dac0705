import type { PatternStep } from '../config/path-pattern.ts';

export type PathRule<Label> = { readonly steps: readonly PatternStep[]; readonly label: Label };

/** So many steps of a rule are behind. */
type Progress<Label> = PathRule<Label> & { readonly number: number; readonly at: number };

/**
 * Where one stands in a document, as seen by rules about paths in it. Elements of lists are passed by a step or by none: `items.token`
 * and `items.*.token` mean the same. Every place is worked out once and remembered.
 */
export class PathPlace<Label> {
  /** Of the first rule that means this place, and with it all that is beneath. */
  readonly label: Label | undefined;
  /** Whether no rule means anything beneath. */
  readonly isFree: boolean;
  readonly #progress: readonly Progress<Label>[];
  readonly #known: Map<string, PathPlace<Label>>;
  readonly #byKey = new Map<string, PathPlace<Label> | undefined>();
  #byOtherKey: PathPlace<Label> | undefined;
  #element: PathPlace<Label> | undefined;

  private constructor(progress: readonly Progress<Label>[], known: Map<string, PathPlace<Label>>) {
    this.#progress = progress;
    this.#known = known;
    this.isFree = progress.length === 0;
    this.label = progress.find(({ steps, at }) => at === steps.length)?.label;
    for (const { steps, at } of progress) {
      const step = steps[at];
      if (typeof step === 'object') this.#byKey.set(step.key, undefined);
    }
  }

  /** The whole document. Of rules that mean the same place the first one counts. */
  static root<Label>(rules: readonly PathRule<Label>[]): PathPlace<Label> {
    return new PathPlace<Label>([], new Map()).#place(
      rules.map((rule, number) => ({ ...rule, number, at: 0 })),
    );
  }

  member(key: string): PathPlace<Label> {
    if (this.isFree) return this;
    if (!this.#byKey.has(key)) {
      this.#byOtherKey ??= this.#place(this.#after((step) => typeof step === 'string'));
      return this.#byOtherKey;
    }
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const found = this.#place(this.#after((step) => typeof step === 'string' || step.key === key));
    this.#byKey.set(key, found);
    return found;
  }

  /** Any element of the list that stands here. */
  element(): PathPlace<Label> {
    if (this.isFree) return this;
    this.#element ??= this.#place([
      ...this.#progress,
      ...this.#after((step) => typeof step === 'string' || /^\d+$/.test(step.key)),
    ]);
    return this.#element;
  }

  #after(takes: (step: PatternStep) => boolean): readonly Progress<Label>[] {
    return this.#progress.flatMap((each) => {
      const step = each.steps[each.at];
      if (step === undefined || !takes(step)) return [];
      return { ...each, at: step === '**' ? each.at : each.at + 1 };
    });
  }

  #place(progress: readonly Progress<Label>[]): PathPlace<Label> {
    const distinct = new Map(
      progress.flatMap(withSkipped).map((each) => [`${each.number}.${each.at}`, each]),
    );
    const name = [...distinct.keys()].sort().join(' ');
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const ordered = [...distinct.values()].sort((one, other) => one.number - other.number);
    const made = new PathPlace(ordered, this.#known);
    this.#known.set(name, made);
    return made;
  }
}

/** `**` may stand for no step at all. */
function withSkipped<Label>(progress: Progress<Label>): readonly Progress<Label>[] {
  if (progress.steps[progress.at] !== '**') return [progress];
  return [progress, ...withSkipped({ ...progress, at: progress.at + 1 })];
}
