import type { ChangesAttribute } from '../config/attribute-schema.ts';
import { RecordError } from '../errors.ts';
import { keyOf, TRUNCATED_SUFFIX } from './attributes.ts';
import type { ComputedAttribute, ComputedOptions } from './computed-attribute.ts';
import { type DocumentChange, DocumentChanges } from './document-changes.ts';
import { DocumentColumn } from './document-column.ts';
import { type JsonNode, parseJsonTree } from './json-tree.ts';
import { DOCUMENT_BYTES_MAX } from './path-encoder.ts';
import { PathPlace } from './path-rules.ts';
import { type Concealment, cutJson, shownJson } from './shown-value.ts';
import { Constant, type Slab } from './slab.ts';

/** Of what a record may have, all changes take at most so much, and their fields half of it again. */
const SHARE = 0.5;

/**
 * What differs between two json columns, as a list of `{path, op, before, after}`; behind it how many differences are not in the list,
 * and, where the configuration names an attribute for them, the paths alone. Throws a ConfigError for columns of another type.
 */
export function compileChanges(
  options: ComputedOptions,
  name: string,
  { changes }: ChangesAttribute,
): ComputedAttribute {
  const subject = `${options.qualifiedName}: attribute "${name}"`;
  const before = new DocumentColumn(options, changes.before, subject);
  const after = new DocumentColumn(options, changes.after, subject);
  const writer = new ChangesWriter(name, changes, options.recordBytesMax * SHARE, subject);
  return {
    name,
    key: keyOf(name),
    inputs: [before, after].map(({ column }) => ({ column, textBytesMax: DOCUMENT_BYTES_MAX })),
    areDocuments: true,
    write: (slab, image) => writer.write(slab, before.read(image), after.read(image)),
  };
}

class ChangesWriter {
  readonly #changes: ChangesAttribute['changes'];
  readonly #bytesMax: number;
  readonly #subject: string;
  readonly #place: PathPlace<Concealment>;
  readonly #truncatedKey: string;
  readonly #fieldsKey: string | undefined;
  readonly #none: Constant;

  constructor(name: string, changes: ChangesAttribute['changes'], bytesMax: number, subject: string) {
    this.#changes = changes;
    this.#bytesMax = bytesMax;
    this.#subject = subject;
    this.#place = PathPlace.root(changes.hide.map((steps) => ({ steps, label: 'hidden' })));
    this.#truncatedKey = `,${JSON.stringify(name + TRUNCATED_SUFFIX)}:`;
    this.#fieldsKey = changes.fields === undefined ? undefined : `,${JSON.stringify(changes.fields)}:`;
    this.#none = new Constant(this.#json([], 0, []));
  }

  write(slab: Slab, before: string | undefined, after: string | undefined): void {
    if (before === after) {
      slab.append(this.#none);
      return;
    }
    const json = Buffer.from(this.#compared(this.#parsed(before), this.#parsed(after)));
    slab.appendRange(json, 0, json.length);
  }

  #compared(before: JsonNode | undefined, after: JsonNode | undefined): string {
    const { changesMax } = this.#changes;
    const entries: string[] = [];
    const fields = new Set<string>();
    let count = 0;
    let bytesLeft = this.#bytesMax;
    new DocumentChanges((change) => {
      count += 1;
      if (fields.size < changesMax) fields.add(change.field);
      if (entries.length === changesMax) return;
      const entry = this.#entry(change);
      const bytes = Buffer.byteLength(entry) + 1;
      if (bytes > bytesLeft) return;
      bytesLeft -= bytes;
      entries.push(entry);
    }).compare(before, after, this.#place);
    return this.#json(entries, count - entries.length, this.#fitting(fields));
  }

  #json(entries: readonly string[], truncated: number, fields: readonly string[]): string {
    const paths = this.#fieldsKey === undefined ? '' : `${this.#fieldsKey}[${fields.join(',')}]`;
    return `[${entries.join(',')}]${this.#truncatedKey}${truncated}${paths}`;
  }

  /** Sorted, so that the same fields make the same list. */
  #fitting(fields: ReadonlySet<string>): readonly string[] {
    let bytesLeft = this.#bytesMax * SHARE;
    const sorted = [...fields].sort().map((field) => JSON.stringify(field));
    return sorted.filter((field) => {
      const bytes = Buffer.byteLength(field) + 1;
      const fits = bytes <= bytesLeft;
      if (fits) bytesLeft -= bytes;
      return fits;
    });
  }

  #entry({ path, before, after, place }: DocumentChange): string {
    const op = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
    const head = `{"path":${JSON.stringify(path)},"op":"${op}"`;
    if (place.label !== undefined) return `${head},"hidden":true}`;
    const [old, now] = [this.#value('before', before, place), this.#value('after', after, place)];
    return `${head}${old.text}${now.text}${old.isCut || now.isCut ? ',"cut":true' : ''}}`;
  }

  #value(name: string, node: JsonNode | undefined, place: PathPlace<Concealment>) {
    if (node === undefined) return { text: '', isCut: false };
    const json = shownJson(node, place);
    const cut = cutJson(json, this.#changes.valueBytesMax);
    return { text: `,"${name}":${cut ?? json}`, isCut: cut !== undefined };
  }

  #parsed(text: string | undefined): JsonNode | undefined {
    if (text === undefined) return undefined;
    try {
      return parseJsonTree(text);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new RecordError('unreadable-value', `${this.#subject} compares a value that is no JSON`);
    }
  }
}
