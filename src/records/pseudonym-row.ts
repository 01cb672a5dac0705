import type { PseudonymSource } from '../config/attribute-schema.ts';
import type { TablePseudonyms } from '../config/table-pseudonyms.ts';
import { columnIndex } from './attributes.ts';
import type { ComputedOptions, Input } from './computed-attribute.ts';
import { jsonText } from './json-text.ts';
import { type MadePseudonym, PseudonymCache } from './pseudonym-cache.ts';
import { Pseudonyms } from './pseudonyms.ts';
import type { RowImage } from './row-image.ts';
import { RowTime } from './row-time.ts';
import { Constant } from './slab.ts';

/** Makes the pseudonyms of one attribute, or of one kind in it: of which kind and under which key is a matter of the row. */
export class PseudonymRow {
  /** What it looks at beside the text itself. */
  readonly inputs: readonly Input[];
  readonly #pseudonyms: Pseudonyms;
  readonly #caches: readonly PseudonymCache[];
  readonly #time: RowTime | undefined;
  readonly #kindColumn: number | undefined;
  /** Of the row. */
  #kind: string;
  #key = 0;

  /** Throws a ConfigError for a column of the row's time that does not serve. */
  constructor(
    options: ComputedOptions,
    { kind }: Pick<PseudonymSource, 'kind'>,
    { keys, time }: TablePseudonyms,
  ) {
    this.#pseudonyms = new Pseudonyms(keys);
    this.#caches = keys.map(() => new PseudonymCache());
    this.#time = time && new RowTime(options, time.column, time.timeZone);
    this.#kind = typeof kind === 'string' ? kind : '';
    this.#kindColumn = typeof kind === 'string' ? undefined : columnIndex(options.relation, kind.column);
    this.inputs = [this.#kindColumn, this.#time?.column]
      .filter((column) => column !== undefined)
      .map((column) => ({ column, textBytesMax: options.recordBytesMax }));
  }

  /** Turns to another row. */
  read(image: RowImage): void {
    if (this.#time !== undefined) this.#key = this.#pseudonyms.keyAt(this.#time.micros(image));
    if (this.#kindColumn === undefined) return;
    const { bytes, spans } = image;
    const start = spans[2 * this.#kindColumn] as number;
    // What has no kind is of the empty one: it must not be seen either.
    this.#kind = start < 0 ? '' : bytes.toString('utf8', start, spans[2 * this.#kindColumn + 1]);
  }

  /** Of the text `source[start, end)` in that row. */
  of(source: Uint8Array, start: number, end: number): MadePseudonym {
    const bytes = Buffer.from(source.buffer, source.byteOffset + start, end - start);
    // Bytes are told apart by this as well as by their text, and it takes half the time.
    const text = bytes.toString('latin1');
    const name = this.#kindColumn === undefined ? text : `${this.#kind}\0${text}`;
    const cache = this.#caches[this.#key] as PseudonymCache;
    const known = cache.get(name);
    if (known !== undefined) return known;
    const id = this.#pseudonyms.under(this.#key, this.#kind, bytes.toString());
    const label = this.#pseudonyms.label(id);
    const made = { id: new Constant(jsonText(id)), label: new Constant(jsonText(label)) };
    cache.set(name, made);
    return made;
  }
}
