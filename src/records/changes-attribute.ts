import type { ChangesAttribute } from '../config/attribute-schema.ts';
import { RecordError } from '../errors.ts';
import { keyOf, TRUNCATED_SUFFIX } from './attributes.ts';
import type { ComputedAttribute, ComputedOptions } from './computed-attribute.ts';
import { type DocumentChange, DocumentChanges } from './document-changes.ts';
import { DocumentColumn } from './document-column.ts';
import { type JsonNode, parseJsonTree } from './json-tree.ts';
import { DOCUMENT_BYTES_MAX } from './path-encoder.ts';
import { PathPlace } from './path-rules.ts';
import { pseudonymKeys } from './pseudonym-attribute.ts';
import { PseudonymRow } from './pseudonym-row.ts';
import type { RowImage } from './row-image.ts';
import { type Concealment, cutJson, shownJson } from './shown-value.ts';
import { Constant, type Slab } from './slab.ts';

type Changes = ChangesAttribute['changes'];

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
  const kinds = pseudonymRows(options, changes.pseudonyms, subject);
  const writer = new ChangesWriter(
    name,
    changes,
    kinds,
    (options.sentBytesMax ?? options.recordBytesMax) * SHARE,
    subject,
  );
  return {
    name,
    key: keyOf(name),
    inputs: [
      ...[before, after].map(({ column }) => ({ column, textBytesMax: DOCUMENT_BYTES_MAX })),
      ...[...kinds.values()].flatMap(({ inputs }) => inputs),
    ],
    areDocuments: true,
    write: (slab, image) => writer.write(slab, image, before.read(image), after.read(image)),
  };
}

/** What makes the pseudonyms, by their kind. */
function pseudonymRows(
  options: ComputedOptions,
  wanted: Changes['pseudonyms'],
  subject: string,
): ReadonlyMap<string, PseudonymRow> {
  return new Map(
    wanted.map(({ kind }) => [
      kind,
      new PseudonymRow(options, { kind }, pseudonymKeys(options.table, subject)),
    ]),
  );
}

class ChangesWriter {
  readonly #changes: Changes;
  readonly #pseudonyms: readonly PseudonymRow[];
  readonly #bytesMax: number;
  readonly #subject: string;
  readonly #place: PathPlace<Concealment>;
  readonly #truncatedKey: string;
  readonly #fieldsKey: string | undefined;
  readonly #none: Constant;

  constructor(
    name: string,
    changes: Changes,
    kinds: ReadonlyMap<string, PseudonymRow>,
    bytesMax: number,
    subject: string,
  ) {
    this.#changes = changes;
    this.#pseudonyms = [...kinds.values()];
    this.#bytesMax = bytesMax;
    this.#subject = subject;
    this.#place = PathPlace.root<Concealment>([
      ...changes.hide.map((steps) => ({ steps, label: 'hidden' as const })),
      ...changes.pseudonyms.map(({ steps, kind }) => ({
        steps,
        label: kinds.get(kind) ?? ('hidden' as const),
      })),
    ]);
    this.#truncatedKey = `,${JSON.stringify(name + TRUNCATED_SUFFIX)}:`;
    this.#fieldsKey = changes.fields === undefined ? undefined : `,${JSON.stringify(changes.fields)}:`;
    this.#none = new Constant(this.#json([], 0, []));
  }

  write(slab: Slab, image: RowImage, before: string | undefined, after: string | undefined): void {
    if (before === after) {
      slab.append(this.#none);
      return;
    }
    for (const pseudonyms of this.#pseudonyms) pseudonyms.read(image);
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
    const [was, is] = [before && shownJson(before, place), after && shownJson(after, place)];
    const isSeen = (node: unknown, json: unknown): boolean => node === undefined || json !== undefined;
    if (!isSeen(before, was) || !isSeen(after, is)) return `${head},"hidden":true}`;
    const [old, now] = [this.#value('before', was), this.#value('after', is)];
    return `${head}${old.text}${now.text}${old.isCut || now.isCut ? ',"cut":true' : ''}}`;
  }

  #value(name: string, json: string | undefined) {
    if (json === undefined) return { text: '', isCut: false };
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
