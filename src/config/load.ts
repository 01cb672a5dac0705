import { readConfigFile } from './config-file.ts';
import type { Environment } from './log-level.ts';
import type { Config, ConfigInput } from './schema.ts';
import type { Secret } from './secret.ts';
import {
  type KeyConfig,
  type ReportConfig,
  type Sources,
  validate,
  validateKeyConfig,
  validatePostgresUrl,
  validateReportConfig,
  validateSetupPostgresUrl,
} from './validation.ts';
import { VariableReader } from './variable-reader.ts';
import {
  CONFIG_FILE_VARIABLE,
  environmentOnly,
  LOG_LEVEL_VARIABLE,
  type Override,
  readValue,
  variables,
} from './variables.ts';

/** What the command line says; stronger than anything else. */
export type ConfigFlags = {
  readonly config?: string | undefined;
  readonly slot?: string | undefined;
  readonly publication?: string | undefined;
  readonly httpHost?: string | undefined;
  readonly httpPort?: string | undefined;
};

export type LoadOptions = {
  readonly flags?: ConfigFlags | undefined;
  /** The process's own unless given. */
  readonly environment?: Environment | undefined;
  readonly cwd?: string | undefined;
};

/** Flags over environment over file over defaults. Rejects with one ConfigError that names every problem and no secret. */
export async function loadConfig(options: LoadOptions = {}): Promise<Config> {
  return validate(await readSources(options));
}

/** The database alone, for commands that need nothing else. Rejects like `loadConfig`. */
export async function loadPostgresUrl(options: LoadOptions = {}): Promise<Secret> {
  return validatePostgresUrl(await readSources(options));
}

/** The database as the environment names it, no file needed: with the rights of `setup` where that has a connection of its own. Throws like `loadConfig`. */
export function loadSetupPostgresUrl(environment: Environment = process.env): Secret {
  return validateSetupPostgresUrl(readEnvironment(environment));
}

/** What making a key takes, for whoever has neither the database nor the key of `run`. Rejects like `loadConfig`. */
export async function loadKeyConfig(options: LoadOptions = {}): Promise<KeyConfig> {
  return validateKeyConfig(await readSources(options));
}

/** What a report takes, for whoever has neither the database nor the key of `run`. Rejects like `loadConfig`. */
export async function loadReportConfig(options: LoadOptions = {}): Promise<ReportConfig> {
  return validateReportConfig(await readSources(options));
}

/**
 * A configuration for parts that the caller has started itself, which `own` describes: the environment of the real ones is not looked
 * at, and a file only when a flag names it. Its log is for trouble alone unless LOG_LEVEL says more.
 */
export async function loadSandboxConfig(
  { flags = {}, environment = process.env, cwd = process.cwd() }: LoadOptions,
  own: Pick<ConfigInput, 'postgres' | 'algolia' | 'tables'>,
): Promise<Config> {
  const harmless = [...variables.filter(({ path }) => path[0] === 'http'), ...environmentOnly].filter(
    ({ secret }) => !secret,
  );
  const names = new Set(harmless.map(({ name }) => name));
  const given = Object.entries(environment).filter(([name]) => names.has(name));
  const kept = { [LOG_LEVEL_VARIABLE]: 'warn', ...Object.fromEntries(given) };
  const file = flags.config === undefined ? undefined : await readConfigFile(flags.config, cwd);
  const sources = readEnvironment(kept);
  const content = typeof file?.content === 'object' ? file.content : {};
  const places = { environment: kept, cwd };
  return validate({ ...sources, places, file: { ...content, ...own }, fileName: file?.name });
}

async function readSources(options: LoadOptions): Promise<Sources> {
  const { flags = {}, environment = process.env, cwd = process.cwd() } = options;
  const file = await readConfigFile(flags.config ?? (environment[CONFIG_FILE_VARIABLE] || undefined), cwd);
  const sources = readEnvironment(environment);
  const overrides = [...sources.overrides, ...flagOverrides(flags)];
  const places = { environment, cwd };
  return { ...sources, places, overrides, file: file?.content ?? {}, fileName: file?.name };
}

function readEnvironment(environment: Environment): Pick<Sources, 'overrides' | 'environment' | 'problems'> {
  const reader = new VariableReader(environment);
  const overrides = variables.flatMap((variable): Override[] => {
    const text = reader.read(variable);
    if (text === undefined) return [];
    return [{ path: variable.path, value: readValue(text, variable.reading), from: variable.name }];
  });
  const only = environmentOnly.flatMap((variable) => {
    const text = reader.read(variable);
    return text === undefined ? [] : [[variable.path.join('.'), text] as const];
  });
  return { overrides, environment: Object.fromEntries(only), problems: reader.problems };
}

/** A configuration from an object alone: no environment is looked at, and no file but those of keys that it names. Throws like `loadConfig`. */
export function parseConfig(input: ConfigInput): Config {
  const places = { environment: {}, cwd: process.cwd() };
  return validate({ file: input, fileName: undefined, overrides: [], environment: {}, places, problems: [] });
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
