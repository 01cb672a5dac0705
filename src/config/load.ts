import { readConfigFile } from './config-file.ts';
import type { Environment } from './log-level.ts';
import type { Config, ConfigInput } from './schema.ts';
import { validate } from './validation.ts';
import { VariableReader } from './variable-reader.ts';
import { CONFIG_FILE_VARIABLE, environmentOnly, type Override, readValue, variables } from './variables.ts';

/** What the command line says; stronger than anything else. */
export type ConfigFlags = {
  readonly config?: string | undefined;
  readonly slot?: string | undefined;
  readonly publication?: string | undefined;
  readonly httpHost?: string | undefined;
  readonly httpPort?: string | undefined;
};

export type LoadOptions = {
  readonly flags?: ConfigFlags;
  readonly environment?: Environment;
  readonly cwd?: string;
};

/** Flags over environment over file over defaults. Rejects with one ConfigError that names every problem and no secret. */
export async function loadConfig(options: LoadOptions = {}): Promise<Config> {
  const { flags = {}, environment = process.env, cwd = process.cwd() } = options;
  const asked = flags.config ?? (environment[CONFIG_FILE_VARIABLE] || undefined);
  const file = await readConfigFile(asked, cwd);
  const reader = new VariableReader(environment);
  const given = variables.flatMap((variable): Override[] => {
    const text = reader.read(variable);
    if (text === undefined) return [];
    return [{ path: variable.path, value: readValue(text, variable.reading), from: variable.name }];
  });
  const only = environmentOnly.flatMap((variable) => {
    const text = reader.read(variable);
    return text === undefined ? [] : [[variable.path.join('.'), text] as const];
  });
  return validate({
    file: file?.content ?? {},
    fileName: file?.name,
    overrides: [...given, ...flagOverrides(flags)],
    environment: Object.fromEntries(only),
    problems: reader.problems,
  });
}

/** A configuration from an object alone: neither the environment nor a file is looked at. Throws like `loadConfig`. */
export function parseConfig(input: ConfigInput): Config {
  return validate({ file: input, fileName: undefined, overrides: [], environment: {}, problems: [] });
}

function flagOverrides({ slot, publication, httpHost, httpPort }: ConfigFlags): Override[] {
  const flags = [
    { from: '--slot', path: ['replication', 'slot'], value: slot },
    {
      from: '--publication',
      path: ['replication', 'publication'],
      value: publication && readValue(publication, 'list'),
    },
    { from: '--http-host', path: ['http', 'host'], value: httpHost },
    { from: '--http-port', path: ['http', 'port'], value: httpPort && readValue(httpPort, 'integer') },
  ];
  return flags.filter(({ value }) => value !== undefined);
}
