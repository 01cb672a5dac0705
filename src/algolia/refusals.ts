import { MassRefusalError } from '../errors.ts';
import type { RefusedError } from './failures.ts';

/** More than so many records one after the other, refused for one reason, with none taken between them. */
const IN_A_ROW_MAX = 100;
/** Of fewer records nobody can say that half of them is many. */
const MANY_FROM = 20;

/** Those of one write. Both throw a MassRefusalError when they are too many. */
export type WriteRefusals = {
  refused(refusal: RefusedError): void;
  /** Some of it was taken. */
  accepted(): void;
  /** All of it was taken or refused. */
  done(): void;
};

/**
 * Tells a record that is refused from a reason that lies elsewhere, a quota or a setting, for which every record is: by how many are. Of one
 * index.
 */
export class Refusals {
  readonly #index: string;
  /** How many were refused last, write after write, with nothing taken since. A write that is tried again is not counted twice. */
  #inARow = 0;
  #reason = '';

  constructor(index: string) {
    this.#index = index;
  }

  ofWrite(count: number): WriteRefusals {
    const byReason = new Map<string, number>();
    let last: RefusedError | undefined;
    let inARow = 0;
    let before = this.#inARow;
    return {
      accepted: () => {
        inARow = 0;
        before = 0;
      },
      refused: (refusal) => {
        const reason = reasonOf(refusal);
        const isSame = last === undefined ? reason === this.#reason : reason === reasonOf(last);
        if (!isSame) before = 0;
        inARow = last === undefined || isSame ? inARow + 1 : 1;
        last = refusal;
        const same = (byReason.get(reason) ?? 0) + 1;
        byReason.set(reason, same);
        if (inARow > IN_A_ROW_MAX) throw this.#mass(`${inARow} records one after the other`, refusal);
        if (count >= MANY_FROM && 2 * same > count)
          throw this.#mass(`more than half of ${count} records`, refusal);
      },
      done: () => {
        // Only now: what stands behind the first of them may be taken, and then it is not everything that is refused.
        if (last !== undefined && inARow > 0 && before + inARow > IN_A_ROW_MAX)
          throw this.#mass(`${before + inARow} records one after the other`, last);
        this.#inARow = before + inARow;
        this.#reason = last === undefined ? '' : reasonOf(last);
      },
    };
  }

  #mass(many: string, refusal: RefusedError): MassRefusalError {
    return new MassRefusalError(
      `index ${this.#index}: Algolia refuses ${many} with ${refusal.status}: ${refusal.reason}`,
      {
        cause: refusal,
        remedy:
          `That many have hardly all something wrong with them: look for a limit of the plan, a setting of the index or a mistake in the mapping. Nothing of them was set aside, and the pipeline goes on by itself once they are taken. If it is the records after all, set \`algolia.massRefusals\` to "set-aside" and start again. ${refusal.remedy ?? ''}`.trim(),
      },
    );
  }
}

/** Sizes and positions differ from record to record. */
function reasonOf({ status, reason }: RefusedError): string {
  return `${status} ${reason.replace(/\d+/g, '')}`;
}
