import { configShape, statusIndex, tableHead } from './config-shape.ts';
import { literal, propertyName, quoted, visible } from './literal.ts';
import type { ColumnProposal, TableProposal } from './proposal.ts';

export type ConfigFormat = 'json' | 'js' | 'ts';

const HEAD = `// By \`wal2algolia init\`, from the names and types of the columns alone: no row was read. Look at each line.
// Every column is here, indexed, pseudonymised or dropped. What is dropped stands in a comment and does not get into a
// record; from Postgres 15 on it is not published either. Connections and keys stay in the environment.
// What a line can say: docs/mapping.md.
`;

const OPERATIONS: Readonly<Record<'insert' | 'any', string>> = {
  insert: 'Rows are only added to a log. Without this line updates and deletes are followed too.',
  any: 'Its rows seem to be changed later: what is followed is what `setup` can publish.',
};

/** The file, with a mark for each column where the format has comments. It loads without this package being installed. */
export function configText(proposals: readonly TableProposal[], format: ConfigFormat): string {
  if (format === 'json') return `${JSON.stringify(configShape(proposals), null, 2)}\n`;
  const tables = proposals.map((proposal) => tableText(proposal)).join('');
  const algolia = `  // Says what the index is complete through; \`report\` reads it.\n  algolia: { statusIndex: ${quoted(statusIndex(proposals))} },\n`;
  const body = `{\n${algolia}  tables: {\n${tables}  },\n}`;
  if (format === 'ts') {
    return `${HEAD}import type { ConfigFile } from 'wal2algolia';\n\nexport default ${body} satisfies ConfigFile;\n`;
  }
  return `${HEAD}/** @type {import('wal2algolia').ConfigFile} */\nexport default ${body};\n`;
}

function tableText(proposal: TableProposal): string {
  const { table, operations, key, columns, computed } = proposal;
  const indent = ' '.repeat(6);
  const head = Object.entries(tableHead(proposal)).flatMap(([name, value]) => {
    const line = `${indent}${name}: ${literal(value, indent, name.length + 3)},\n`;
    if (name === 'operations') return [`${indent}// ${OPERATIONS.insert}\n`, line];
    if (name !== 'objectID' || key.isSure) return line;
    return [
      `${indent}// Nothing in the table sees to it that no two rows share it: two that do become one record.\n`,
      line,
    ];
  });
  if (operations === undefined) head.push(`${indent}// ${OPERATIONS.any}\n`);
  const attributes = columns.map(columnText).join('') + computed.map(computedText).join('');
  return [
    `    ${quoted(table.qualifiedName)}: {\n`,
    ...head,
    `${indent}attributes: {\n`,
    attributes,
    `${indent}},\n`,
    `${indent}// Kept by \`setup\`, derived from the attributes; docs: "Index settings".\n`,
    `${indent}settings: {},\n`,
    '    },\n',
  ].join('');
}

function columnText({ column, mark, attributes, isKey, zone }: ColumnProposal): string {
  const indent = ' '.repeat(8);
  const type = column.isArray ? `${column.type}[]` : column.type;
  const what = visible(`${column.name} (${type})`);
  const key = isKey ? ', in the objectID' : '';
  const read = zone === undefined ? '' : `, read as ${zone.timeZone} (${zone.because})`;
  const comment = `${indent}// ${what}: ${mark.tag}${key}: ${mark.why}${read}\n`;
  if (mark.tag === 'dropped')
    return `${comment}${indent}// ${propertyName(column.name)}: ${quoted(column.name)},\n`;
  return comment + attributes.map(attributeText).join('');
}

function computedText({ why, ...attribute }: TableProposal['computed'][number]): string {
  return `${' '.repeat(8)}// ${visible(why)}\n${attributeText(attribute)}`;
}

function attributeText({ name, config }: ColumnProposal['attributes'][number]): string {
  const indent = ' '.repeat(8);
  const key = propertyName(name);
  return `${indent}${key}: ${literal(config, indent, key.length + 3)},\n`;
}
