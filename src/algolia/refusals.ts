import { MassRefusalError } from '../errors.ts';
import type { RefusedError } from './failures.ts';

/** More than so many records one after the other, refused for one reason, with none taken between them. */
const IN_A_ROW_MAX = 100;
/** Of fewer records nobody can say that half of them is many. */
const MANY_FROM = 20;

/**
 * Tells a record that is refused from a reason that lies elsewhere, a quota or a setting, for which every record is: by how many are. Of one
 * index.
 */
export class Refusals {
  readonly #index: string;
  #reason = '';
  #inARow = 0;

  constructor(index: string) {
    this.#index = index;
  }

  /** Something was taken. */
  accepted(): void {
    this.#inARow = 0;
  }

  /** Counts those of one write of `count` records; throws a MassRefusalError at the one that is too many. */
  ofWrite(count: number): (refusal: RefusedError) => void {
    const byReason = new Map<string, number>();
    return (refusal) => {
      const reason = reasonOf(refusal);
      this.#inARow = reason === this.#reason ? this.#inARow + 1 : 1;
      this.#reason = reason;
      const same = (byReason.get(reason) ?? 0) + 1;
      byReason.set(reason, same);
      if (this.#inARow > IN_A_ROW_MAX)
        throw this.#mass(`${this.#inARow} records one after the other`, refusal);
      if (count >= MANY_FROM && 2 * same > count)
        throw this.#mass(`more than half of ${count} records`, refusal);
    };
  }

  /** When it is tried again, it may have been mended: what was counted says nothing any more. */
  #mass(many: string, refusal: RefusedError): MassRefusalError {
    this.#inARow = 0;
    return new MassRefusalError(
      `index ${this.#index}: Algolia refuses ${many} with ${refusal.status}: ${refusal.reason}`,
      {
        cause: refusal,
        remedy:
          `That many have hardly all something wrong with them: look for a limit of the plan, a setting of the index or a mistake in the mapping. Nothing of them was set aside, and the pipeline goes on by itself once they are taken. ${refusal.remedy ?? ''}`.trim(),
      },
    );
  }
}

/** Sizes and positions differ from record to record. */
function reasonOf({ status, reason }: RefusedError): string {
  return `${status} ${reason.replace(/\d+/g, '')}`;
}
