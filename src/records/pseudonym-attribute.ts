import type { PseudonymSource } from '../config/attribute-schema.ts';
import type { TableConfig } from '../config/schema.ts';
import type { TablePseudonyms } from '../config/table-pseudonyms.ts';
import { ConfigError, RecordError } from '../errors.ts';
import { arrayEncoder } from './arrays.ts';
import { columnIndex, keyOf } from './attributes.ts';
import { underlyingType } from './column-type.ts';
import type { ComputedAttribute, ComputedOptions, RowWriter } from './computed-attribute.ts';
import { JsonPath } from './json-path.ts';
import { writeScalars } from './json-scalars.ts';
import type { MadePseudonym } from './pseudonym-cache.ts';
import { PseudonymRow } from './pseudonym-row.ts';
import { textBytesMax } from './record-field.ts';
import { ANY_PART, NULL_JSON, plainEncoder, type ValueEncoder } from './value-encoder.ts';

/** https://github.com/postgres/postgres/blob/REL_18_STABLE/src/include/catalog/pg_type.dat */
const JSON_OIDS = new Set([114, 3802]);

/** An id in the place of what stands in a column or at a path in it, of each element where that is a list. Throws a ConfigError. */
export function compilePseudonym(
  options: ComputedOptions,
  name: string,
  source: PseudonymSource,
): ComputedAttribute {
  return compile(options, name, name, source, 'id');
}

/** The same, and the attribute with the label where there is one, which is an annotation. */
export function compileLabelledPseudonym(
  options: ComputedOptions,
  name: string,
  source: PseudonymSource,
): readonly ComputedAttribute[] {
  const pseudonym = compilePseudonym(options, name, source);
  if (source.label === undefined) return [pseudonym];
  return [pseudonym, { ...compile(options, name, source.label, source, 'label'), isAnnotation: true }];
}

function compile(
  options: ComputedOptions,
  name: string,
  shownAs: string,
  source: PseudonymSource,
  shown: keyof MadePseudonym,
): ComputedAttribute {
  const { relation, table, qualifiedName } = options;
  const subject = `${qualifiedName}: attribute "${name}"`;
  const row = new PseudonymRow(options, source, pseudonymKeys(table, subject));
  const column = columnIndex(relation, source.column);
  const value = valueEncoder(options, column, source, subject, row, shown);
  const write: RowWriter = (slab, image) => {
    const start = image.spans[2 * column] as number;
    if (start < 0) {
      slab.append(NULL_JSON);
      return;
    }
    row.read(image);
    value.write(slab, image.bytes, start, image.spans[2 * column + 1] as number);
  };
  const limit = textBytesMax(value, options.recordBytesMax);
  return {
    name: shownAs,
    key: keyOf(shownAs),
    inputs: [{ column, textBytesMax: limit }, ...row.inputs],
    areDocuments: source.path !== undefined,
    write,
  };
}

/** Throws a ConfigError where there is none. */
export function pseudonymKeys({ pseudonyms }: TableConfig, subject: string): TablePseudonyms {
  if (pseudonyms !== undefined) return pseudonyms;
  throw new ConfigError(`${subject} is a pseudonym, and there is no key for it`, {
    remedy: 'set WAL2ALGOLIA_PSEUDONYM_KEY, or pseudonyms.keys',
  });
}

/** Of values as they stand in their column. */
function valueEncoder(
  { relation, types }: ComputedOptions,
  column: number,
  { path }: PseudonymSource,
  subject: string,
  row: PseudonymRow,
  shown: keyof MadePseudonym,
): ValueEncoder {
  const { typeOid = 0, typeModifier = -1 } = relation.columns[column] ?? {};
  const { oid } = underlyingType({ oid: typeOid, modifier: typeModifier }, types);
  const plain = plainEncoder((slab, source, start, end) => slab.append(row.of(source, start, end)[shown]));
  if (JSON_OIDS.has(oid) !== (path !== undefined)) {
    throw new ConfigError(
      path === undefined
        ? `${subject} is a pseudonym of a whole document`
        : `${subject} has a path, but its column is neither json nor jsonb`,
      {
        remedy: path === undefined ? 'say by `path` where the id is' : 'leave out `path` for this attribute',
      },
    );
  }
  if (path !== undefined) return partEncoder(path, subject, plain);
  const found = types.get(oid);
  return found !== undefined && found.elementOid !== 0 ? arrayEncoder(plain, found.delimiter) : plain;
}

function partEncoder(path: string, subject: string, { write, nullJson }: ValueEncoder): ValueEncoder {
  const found = new JsonPath(path, subject);
  return {
    write: (slab, source, start, end) => {
      if (!found.find(source, start, end)) slab.append(NULL_JSON);
      else if (!writeScalars(slab, source, found.start, found.end, write))
        throw new RecordError(
          'unreadable-value',
          `${subject} is a pseudonym, and finds a document in place of an id`,
          {
            remedy: 'say by `path` where in it the id is',
          },
        );
    },
    nullJson,
    shrinks: ANY_PART,
  };
}
