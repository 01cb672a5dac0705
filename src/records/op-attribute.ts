import type { OpAttribute } from '../config/attribute-schema.ts';
import { keyOf } from './attributes.ts';
import type { ComputedAttribute, ComputedOptions } from './computed-attribute.ts';
import { DocumentColumn } from './document-column.ts';
import { Constant } from './slab.ts';

const CREATED = new Constant('"c"');
const READ = new Constant('"r"');
const UPDATED = new Constant('"u"');
const DELETED = new Constant('"d"');

/** What was done, by which of two json columns have a document. */
export function compileOp(options: ComputedOptions, name: string, { op }: OpAttribute): ComputedAttribute {
  const subject = `${options.qualifiedName}: attribute "${name}"`;
  const before = new DocumentColumn(options, op.before, subject);
  const after = new DocumentColumn(options, op.after, subject);
  return {
    name,
    key: keyOf(name),
    inputs: [before, after].map(({ column }) => ({ column, textBytesMax: Number.POSITIVE_INFINITY })),
    areDocuments: false,
    write: (slab, image) => {
      const was = before.isThere(image);
      const is = after.isThere(image);
      slab.append(is ? (was ? UPDATED : CREATED) : was ? DELETED : READ);
    },
  };
}
