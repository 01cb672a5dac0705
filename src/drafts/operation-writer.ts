import type { Draft, Operation } from '../records/operations.ts';
import { Constant, Slab } from '../records/slab.ts';

/** https://www.algolia.com/doc/rest-api/search/batch */
const UPDATE_HEAD = new Constant('{"action":"updateObject","body":');
const DELETE_HEAD = new Constant('{"action":"deleteObject","body":{"objectID":');
const END = new Constant('}}');

/** Writes what drafts have become, as the entries of a request, in memory of its own. */
export class OperationWriter {
  readonly #slab = new Slab();

  /** Nobody needs what was written so far any more. */
  release(): void {
    this.#slab.release(this.#slab.bytes);
  }

  /** `json` is a record without the brace that closes it; the commit that brought it comes behind. */
  update(draft: Draft, json: string): Operation {
    const slab = this.#slab;
    slab.begin();
    slab.append(UPDATE_HEAD);
    slab.appendText(json);
    slab.append(draft.transaction.wal);
    return this.#operation('update', draft);
  }

  delete(draft: Draft): Operation {
    this.#slab.begin();
    this.#slab.append(DELETE_HEAD);
    this.#slab.appendText(JSON.stringify(draft.objectID));
    this.#slab.append(END);
    return this.#operation('delete', draft);
  }

  #operation(kind: Operation['kind'], { table, index, objectID }: Draft): Operation {
    const { bytes, recordStart: start, position: end } = this.#slab;
    return { kind, table, index, objectID, bytes, start, end };
  }
}
