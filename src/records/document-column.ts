import { ConfigError } from '../errors.ts';
import { columnIndex, type Mapping } from './attributes.ts';
import { underlyingType } from './column-type.ts';
import type { RowImage } from './row-image.ts';

/** https://github.com/postgres/postgres/blob/REL_18_STABLE/src/include/catalog/pg_type.dat */
const JSON_OIDS = new Set([114, 3802]);

/** A json column whose whole document is wanted. */
export class DocumentColumn {
  readonly column: number;

  /** Throws a ConfigError for a column of another type; `subject` names the attribute in it. */
  constructor({ relation, types }: Mapping, name: string, subject: string) {
    this.column = columnIndex(relation, name);
    const { typeOid: oid = 0, typeModifier: modifier = -1 } = relation.columns[this.column] ?? {};
    if (JSON_OIDS.has(underlyingType({ oid, modifier }, types).oid)) return;
    throw new ConfigError(`${subject} is made of the column "${name}", which is neither json nor jsonb`, {
      remedy: 'leave the attribute out, or make the column a jsonb',
    });
  }

  /** Undefined for NULL, and for the null of JSON, which many an application writes in its place. */
  read({ bytes, spans }: RowImage): string | undefined {
    const start = spans[2 * this.column] as number;
    if (start < 0) return undefined;
    const text = bytes.toString('utf8', start, spans[2 * this.column + 1] as number);
    return text.trim() === 'null' ? undefined : text;
  }

  /** Whether `read` would give one. */
  isThere(image: RowImage): boolean {
    const start = image.spans[2 * this.column] as number;
    if (start < 0) return false;
    // Nothing but null is shorter than a document and may stand between blanks; one of a megabyte is not read for that.
    return image.textBytes(this.column) > NULL_TEXT_BYTES_MAX || this.read(image) !== undefined;
  }
}

const NULL_TEXT_BYTES_MAX = 64;
