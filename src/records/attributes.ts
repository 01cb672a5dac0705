import type { AttributeConfig, ColumnAttribute, TemplateAttribute } from '../config/attribute-schema.ts';
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
import { valueTable } from './value-table.ts';

const RESERVED = new Set(['objectID', 'wal', 'source_table']);
const MILLIS_SUFFIX = '_ms';
export const TRUNCATED_SUFFIX = '_truncated';

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

/**
 * The attributes that a table's records take from their rows, in the order of the configuration, else of the columns; without names that
 * are looked up, which are no function of the row. Throws a ConfigError that lists all that is wrong with the names of any.
 */
export function compileAttributes(mapping: Mapping): readonly Attribute[] {
  const wanted = wantedAttributes(mapping);
  const problems = [...missingColumns(mapping, wanted), ...nameProblems(mapping, wanted)];
  if (problems.length > 0) throw mappingError(mapping.qualifiedName, problems);
  return [...wanted].flatMap(([name, config]) =>
    'column' in config && config.lookup === undefined ? compileAttribute(mapping, name, config) : [],
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
  const given = Object.entries(table.attributes).map(
    ([name, attribute]) => [name, typeof attribute === 'string' ? { column: attribute } : attribute] as const,
  );
  const isLeftOut = (config: AttributeConfig): boolean =>
    config.isOptional === true &&
    attributeColumns(config).some((column) => columnIndex(relation, column) === -1);
  const leftOut = new Set(given.flatMap(([name, config]) => (isLeftOut(config) ? [name] : [])));
  if (leftOut.size === 0) return new Map(given);
  return new Map(
    given.flatMap(([name, config]) => {
      if (leftOut.has(name)) return [];
      const rest = 'template' in config ? withoutAttributes(config, leftOut) : config;
      return rest === undefined ? [] : [[name, rest]];
    }),
  );
}

/** Its optional sections without these; undefined where it cannot do without. */
function withoutAttributes(
  { template }: TemplateAttribute,
  names: ReadonlySet<string>,
): TemplateAttribute | undefined {
  const isLeft = template.map(({ parts }) =>
    parts.every((part) => typeof part === 'string' || !names.has(part.attribute)),
  );
  if (template.some(({ isOptional }, at) => !isOptional && isLeft[at] === false)) return undefined;
  return { template: template.filter((_, at) => isLeft[at]) };
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

/** Names that the record uses itself, and what comes along with an attribute and would take the name of another. */
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
    for (const { beside, what } of companions(mapping, name, config)) {
      const other = wanted.get(beside) ?? labelled(wanted, beside);
      if (other === undefined) continue;
      problems.push({
        message: `"${beside}" is both an attribute and the ${what} of "${name}"`,
        remedy: rename(mapping, other, freeName(`${beside}_value`, wanted)),
      });
    }
  }
  return problems;
}

/** The attribute whose label has this name. */
function labelled(wanted: ReadonlyMap<string, AttributeConfig>, label: string): AttributeConfig | undefined {
  return [...wanted.values()].find((config) => 'pseudonym' in config && config.pseudonym.label === label);
}

type Companion = { readonly beside: string; readonly what: string };

/** What stands in a record beside an attribute, under a name of its own. */
function companions(mapping: Mapping, name: string, config: AttributeConfig): readonly Companion[] {
  if ('column' in config)
    return generatesMillis(mapping, config) ? [{ beside: name + MILLIS_SUFFIX, what: 'milliseconds' }] : [];
  if (!('changes' in config)) return [];
  const { fields } = config.changes;
  const truncated = { beside: name + TRUNCATED_SUFFIX, what: 'number of changes left out' };
  return fields === undefined ? [truncated] : [truncated, { beside: fields, what: 'fields' }];
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

function generatesMillis(
  { relation, types }: Mapping,
  { column: name, as, values, lookup }: ColumnAttribute,
): boolean {
  const column = relation.columns[columnIndex(relation, name)];
  if (column === undefined || (as ?? values ?? lookup) !== undefined) return false;
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
  const { path, as, values } = config;
  const millisKey = !isAlone && generatesMillis(mapping, config) ? keyOf(name + MILLIS_SUFFIX) : undefined;
  const conversion = { as, timeZone: timeZone(config.timeZone, subject), millisKey, subject };
  const value =
    path === undefined
      ? valueEncoder(type, types, conversion)
      : pathEncoder(path, as, underlyingType(type, types), subject);
  const isKey = path === undefined && mapping.table.objectID.includes(config.column);
  const isWhole = isKey || values !== undefined || (as !== undefined && as !== 'string');
  return {
    name,
    column,
    key: keyOf(name),
    freeForm: isWhole ? undefined : path === undefined ? freeForm(type, types) : 'structure',
    value: values === undefined ? value : valueTable(value, values, config.otherwise),
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
