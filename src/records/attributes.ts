import type { AttributeConfig, ColumnAttribute } from '../config/attribute-schema.ts';
import { attributeColumns } from '../config/columns.ts';
import type { TableConfig } from '../config/schema.ts';
import type { TypeCatalog } from '../database/type-catalog.ts';
import { ConfigError } from '../errors.ts';
import type { Relation } from '../replication/messages.ts';
import { type ColumnType, hasMillis, underlyingType, valueEncoder } from './column-type.ts';
import { type FreeForm, freeForm } from './free-form.ts';
import { jsonText } from './json-text.ts';
import { pathEncoder } from './path-encoder.ts';
import { Constant } from './slab.ts';
import { TimeZone } from './time-zone.ts';
import type { ValueEncoder } from './value-encoder.ts';

const RESERVED = new Set(['objectID', 'wal', 'source_table']);
const MILLIS_SUFFIX = '_ms';

/** One attribute of a record, ready to be written. */
export type Attribute = {
  readonly name: string;
  /** Position in the relation. */
  readonly column: number;
  /** `,"<name>":` */
  readonly key: Constant;
  readonly value: ValueEncoder;
  /** How it may be cut in a record that is too large; undefined leaves it whole. */
  readonly freeForm: FreeForm | undefined;
};

export type Mapping = {
  readonly relation: Relation;
  readonly table: TableConfig;
  readonly qualifiedName: string;
  readonly types: TypeCatalog;
};

/** The attributes that a table's records take from their rows, in the order of the configuration, else of the columns. Throws a ConfigError that lists all that is wrong with their names. */
export function compileAttributes(mapping: Mapping): readonly Attribute[] {
  const wanted = wantedAttributes(mapping);
  const problems = [...missingColumns(mapping, wanted), ...nameProblems(mapping, wanted)];
  if (problems.length > 0) throw mappingError(mapping.qualifiedName, problems);
  return [...wanted].flatMap(([name, config]) =>
    'column' in config ? compileAttribute(mapping, name, config) : [],
  );
}

/** `,"<name>":<value>` of each attribute that is the same in all records of a table. */
export function constantAttributes(mapping: Mapping): string {
  return [...wantedAttributes(mapping)]
    .map(([name, config]) =>
      'constant' in config ? `,${jsonText(name)}:${JSON.stringify(config.constant)}` : '',
    )
    .join('');
}

/** Position of a column; -1 when the relation does not carry it. */
export function columnIndex(relation: Relation, name: string): number {
  return relation.columns.findIndex((column) => column.name === name);
}

export type Problem = { readonly message: string; readonly remedy: string };

export function mappingError(qualifiedName: string, problems: readonly Problem[]): ConfigError {
  return new ConfigError(`${qualifiedName}: ${problems.map(({ message }) => message).join('; ')}`, {
    remedy: [...new Set(problems.map(({ remedy }) => remedy))].join('; '),
  });
}

export function missingColumn(relation: Relation, column: string, place: string): Problem {
  const published = relation.columns.map(({ name }) => name).join(', ');
  return {
    message: `${place} names the column "${column}", which is not published (published: ${published})`,
    remedy: `publish "${column}" or take it out of ${place}`,
  };
}

/** Their configuration by name, in their order; a column that the relation does not carry may be among them. */
export function wantedAttributes({ relation, table }: Mapping): ReadonlyMap<string, AttributeConfig> {
  if (table.attributes === undefined)
    return new Map(relation.columns.map(({ name }) => [name, { column: name }]));
  return new Map(
    Object.entries(table.attributes).map(([name, attribute]) => [
      name,
      typeof attribute === 'string' ? { column: attribute } : attribute,
    ]),
  );
}

function missingColumns(
  { relation }: Mapping,
  wanted: ReadonlyMap<string, AttributeConfig>,
): readonly Problem[] {
  return [...wanted].flatMap(([name, config]) =>
    attributeColumns(config)
      .filter((column) => columnIndex(relation, column) === -1)
      .map((column) => missingColumn(relation, column, `attributes.${name}`)),
  );
}

/** Names that the record uses itself, and timestamps whose milliseconds would take the name of another attribute. */
function nameProblems(mapping: Mapping, wanted: ReadonlyMap<string, AttributeConfig>): readonly Problem[] {
  const problems: Problem[] = [];
  for (const [name, config] of wanted) {
    if (RESERVED.has(name) || name.startsWith('_')) {
      const free = freeName(name.replace(/^_+/, ''), wanted);
      problems.push({
        message: `"${name}" is a reserved name in a record`,
        remedy: rename(mapping, config, free),
      });
    }
    const millis = name + MILLIS_SUFFIX;
    const other = wanted.get(millis) ?? labelled(wanted, millis);
    if (other !== undefined && 'column' in config && generatesMillis(mapping, config)) {
      problems.push({
        message: `"${millis}" is both an attribute and the milliseconds of "${name}"`,
        remedy: rename(mapping, other, freeName(`${millis}_value`, wanted)),
      });
    }
  }
  return problems;
}

/** The attribute whose label has this name. */
function labelled(wanted: ReadonlyMap<string, AttributeConfig>, label: string): AttributeConfig | undefined {
  return [...wanted.values()].find((config) => 'pseudonym' in config && config.pseudonym.label === label);
}

function freeName(wish: string, wanted: ReadonlyMap<string, AttributeConfig>): string {
  let name = wish === '' || RESERVED.has(wish) ? `row_${wish}` : wish;
  while (wanted.has(name)) name = `row_${name}`;
  return name;
}

function rename({ table, qualifiedName }: Mapping, config: AttributeConfig, name: string): string {
  const source = 'column' in config ? `"${config.column}"` : `{"${Object.keys(config)[0]}": …}`;
  const entry = `"${name}": ${source}`;
  const place = `tables["${qualifiedName}"].attributes`;
  return table.attributes === undefined
    ? `list the columns in ${place}, this one as ${entry}`
    : `rename it in ${place} to ${entry}`;
}

function generatesMillis({ relation, types }: Mapping, { column: name, as }: ColumnAttribute): boolean {
  const column = relation.columns[columnIndex(relation, name)];
  if (column === undefined || as !== undefined) return false;
  return hasMillis({ oid: column.typeOid, modifier: column.typeModifier }, types);
}

/** `isAlone` leaves out what would stand beside the value under a name of its own. */
export function compileAttribute(
  mapping: Mapping,
  name: string,
  config: ColumnAttribute,
  isAlone = false,
): Attribute {
  const { relation, qualifiedName, types } = mapping;
  const column = columnIndex(relation, config.column);
  const { typeOid: oid = 0, typeModifier: modifier = -1 } = relation.columns[column] ?? {};
  const type: ColumnType = { oid, modifier };
  const subject = `${qualifiedName}: attribute "${name}"`;
  const { path, as } = config;
  if (path !== undefined) {
    return {
      name,
      column,
      key: keyOf(name),
      freeForm: as === 'number' ? undefined : 'structure',
      value: pathEncoder(path, as, underlyingType(type, types), subject),
    };
  }
  const isKey = mapping.table.objectID.includes(config.column);
  return {
    name,
    column,
    key: keyOf(name),
    freeForm: isKey || as === 'number' ? undefined : freeForm(type, types),
    value: valueEncoder(type, types, {
      as,
      timeZone: timeZone(config.timeZone, subject),
      millisKey: !isAlone && generatesMillis(mapping, config) ? keyOf(name + MILLIS_SUFFIX) : undefined,
      subject,
    }),
  };
}

export function keyOf(name: string): Constant {
  return new Constant(`,${jsonText(name)}:`);
}

/** Throws a ConfigError for a zone that is not known. `subject` is what has it. */
export function timeZone(name: string | undefined, subject: string): TimeZone | undefined {
  if (name === undefined) return undefined;
  try {
    return new TimeZone(name);
  } catch (cause) {
    throw new ConfigError(`${subject} has the unknown timeZone "${name}"`, {
      cause,
      remedy: 'name a zone of the IANA database, such as "Europe/Berlin"',
    });
  }
}
