import { describedKeys, type JsonSchema } from './keys.ts';
import { CONFIG_FILE_VARIABLE, environmentOnly, type Variable, variables } from './variables.ts';

type Row = {
  readonly key: string;
  readonly variable: string;
  readonly default: string;
  readonly text: string;
};

/** Every key and variable as a Markdown table, from the schema itself; for the README. */
export function configReference(): string {
  const rows = [
    ...keyRows(describedKeys(), []),
    row('', code(CONFIG_FILE_VARIABLE), '', 'The configuration file, as --config.'),
    ...environmentOnly.map((variable) => row('', variableName(variable), '', variable.description)),
  ];
  return [
    '| key | environment | default | |',
    '|---|---|---|---|',
    ...rows.map((each) => `| ${each.key} | ${each.variable} | ${each.default} | ${each.text} |`),
  ].join('\n');
}

function keyRows(schema: JsonSchema, path: readonly string[]): Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const here = [...path, name];
    if (property.properties !== undefined && property.description === undefined)
      return keyRows(property, here);
    if (name === 'tables')
      return namedRows(property, here, 'schema.table', 'The tables, by name as `schema.table`.');
    if (name === 'lookups')
      return namedRows(property, here, 'name', 'Reference tables with names for ids, by a name of your own.');
    const needed = schema.required?.includes(name) ?? false;
    const variable = variables.find((each) => each.path.join('.') === here.join('.'));
    const variableText = variable === undefined ? '' : variableName(variable);
    return [
      row(
        code(here.join('.')),
        variableText,
        needed ? 'required' : shown(property.default),
        property.description,
      ),
    ];
  });
}

/** One set of keys for every one of them, so `each` stands for the name of any. */
function namedRows(all: JsonSchema, path: readonly string[], each: string, text: string): Row[] {
  const one = all.additionalProperties;
  const keys = typeof one === 'object' ? keyRows(one, [...path, `"${each}"`]) : [];
  return [row(code(path.join('.')), '', shown(all.default), text), ...keys];
}

function row(key: string, variable: string, defaultText: string, text = ''): Row {
  return { key, variable, default: defaultText, text };
}

function variableName({ name, secret }: Variable): string {
  return secret ? `${code(name)}, ${code(`${name}_FILE`)}` : code(name);
}

const code = (text: string): string => `\`${text}\``;

function shown(value: unknown): string {
  return value === undefined ? '' : code(JSON.stringify(value));
}
