import type { ColumnAttribute } from '../config/attribute-schema.ts';
import { ConfigError, RecordError } from '../errors.ts';
import type { ColumnType } from './column-type.ts';
import { JsonPath } from './json-path.ts';
import { writeJsonText } from './json-text.ts';
import { textAsNumber } from './numbers.ts';
import { ANY_PART, NULL_JSON, type ValueEncoder, type ValueWriter, writeUntouched } from './value-encoder.ts';

/** https://github.com/postgres/postgres/blob/REL_18_STABLE/src/include/catalog/pg_type.dat */
const JSON_OIDS = new Set([114, 3802]);
const QUOTE = 0x22;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;

/** Of which a part is looked for. What is larger counts as too large for a record, so that what a row can cost has an end. */
export const DOCUMENT_BYTES_MAX = 1_000_000;

/** The JSON text at a path of a json column, as it stands there; null where there is none. Throws a ConfigError for a column of another type. */
export function pathEncoder(
  path: string,
  as: ColumnAttribute['as'],
  { oid }: ColumnType,
  subject: string,
): ValueEncoder {
  checkJson(oid, subject);
  const found = new JsonPath(path, subject);
  const writeFound = as === 'number' ? numberWriter(subject) : as === 'string' ? writeString : writeUntouched;
  const write: ValueWriter = (slab, source, start, end) => {
    if (found.find(source, start, end)) writeFound(slab, source, found.start, found.end);
    else slab.append(NULL_JSON);
  };
  return { write, nullJson: NULL_JSON, shrinks: ANY_PART };
}

export function isJson(oid: number): boolean {
  return JSON_OIDS.has(oid);
}

/** Throws a ConfigError where nothing can stand at a path. */
export function checkJson(oid: number, subject: string): void {
  if (isJson(oid)) return;
  throw new ConfigError(`${subject} has a path, but its column is neither json nor jsonb`, {
    remedy: 'leave out `path` for this attribute, or make the column a jsonb',
  });
}

/** A string stays as it is; everything else becomes one, lists and objects as their JSON. */
const writeString: ValueWriter = (slab, source, start, end) =>
  source[start] === QUOTE ? slab.appendRange(source, start, end) : writeJsonText(slab, source, start, end);

function numberWriter(subject: string): ValueWriter {
  const writeText = textAsNumber(subject);
  return (slab, source, start, end) => {
    const first = source[start] as number;
    if (first === QUOTE) writeText(slab, source, start + 1, end - 1);
    else if (first === MINUS || (first >= ZERO && first <= NINE)) slab.appendRange(source, start, end);
    else throw new RecordError('unreadable-value', `${subject} has a value that is no number`);
  };
}
