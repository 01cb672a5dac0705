import type { z } from 'zod';
import { ConfigError } from '../errors.ts';
import { contradictions } from './contradictions.ts';
import { keyElsewhere, keysAt } from './keys.ts';
import { type Path, type Problem, pathText, problemsOf, valueAt } from './problems.ts';
import { type KeyPlaces, type PseudonymKey, readPseudonymKeys } from './pseudonym-keys.ts';
import { type Config, configSchema, environmentSchema } from './schema.ts';
import type { Secret } from './secret.ts';
import { nearest } from './spelling.ts';
import { tablePseudonyms } from './table-pseudonyms.ts';
import { withExpiry } from './table-retention.ts';
import { environmentOnly, type Override, variables } from './variables.ts';

export type Sources = {
  /** What the file holds, or a caller gave in its place. */
  readonly file: unknown;
  /** What to call it in the remedy; undefined when there is no file. */
  readonly fileName: string | undefined;
  /** Weakest first: each takes the place of what stood under its path. */
  readonly overrides: readonly Override[];
  /** What only the environment can say, by the names of `environmentSchema`. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where keys of pseudonyms are. */
  readonly places: KeyPlaces;
  /** What was already wrong with the sources themselves. */
  readonly problems: readonly Problem[];
};

/** Merges and checks. Throws one ConfigError that names every problem, with its key and what was expected, and no secret. */
export function validate(sources: Sources): Config {
  const { overrides, environment } = sources;
  const input = overrides.reduce(put, sources.file);
  const config = configSchema.safeParse(input);
  const only = environmentSchema.safeParse(environment);
  const pseudonyms = withPseudonyms(input, sources);
  const retention = withExpiry(pseudonyms.tables, rolesIn(input));
  const problems = [
    ...sources.problems,
    ...problemsOf(config.error?.issues ?? [], input, hint),
    ...contradictions(input),
    ...pseudonyms.problems,
    ...retention.problems,
    ...problemsOf(only.error?.issues ?? [], {}, () => undefined).map(environmentProblem),
  ];
  if (!config.success || !only.success || problems.length > 0)
    throw configError(problems, overrides, sources.fileName);
  const { setupPostgresUrl = config.data.postgres.url, adminKey = config.data.algolia.apiKey } = only.data;
  const { evidenceKey, logLevel } = only.data;
  const { keys } = pseudonyms;
  const { tables } = retention;
  return {
    ...config.data,
    tables,
    pseudonyms: { keys },
    setup: { postgresUrl: setupPostgresUrl, adminKey },
    evidenceKey,
    logLevel,
  };
}

type WithPseudonyms = Pick<Config, 'tables'> & {
  readonly keys: readonly PseudonymKey[];
  readonly problems: readonly Problem[];
};

/** The tables with what their pseudonyms take, as far as these parts of the input are in order: what is wrong in them is told elsewhere. */
function withPseudonyms(input: unknown, { environment, places }: Sources): WithPseudonyms {
  const { shape } = configSchema;
  const section = shape.pseudonyms.safeParse(valueAt(input, ['pseudonyms']));
  const tables = shape.tables.safeParse(valueAt(input, ['tables'])).data ?? {};
  if (!section.success) return { tables, keys: [], problems: [] };
  const problems: Problem[] = [];
  const keys = readPseudonymKeys(section.data.keys, environment['pseudonymKey'], places, problems);
  if (problems.length > 0) return { tables, keys: [], problems };
  const roles = rolesIn(input);
  if (roles === undefined) return { tables, keys, problems };
  const complete = Object.entries(tables).map(([name, table]) => {
    const pseudonyms = tablePseudonyms(name, table, keys, roles, problems);
    return [name, pseudonyms === undefined ? table : { ...table, pseudonyms }];
  });
  return { tables: Object.fromEntries(complete), keys, problems };
}

function rolesIn(input: unknown) {
  return configSchema.shape.keys.safeParse(valueAt(input, ['keys'])).data;
}

/** Checks nothing but where the database is. Throws like `validate`. */
export function validatePostgresUrl({
  file,
  overrides,
  problems,
  fileName,
}: Pick<Sources, 'file' | 'overrides' | 'problems' | 'fileName'>): Secret {
  const input = { postgres: valueAt(overrides.reduce(put, file), ['postgres']) };
  const found = configSchema.pick({ postgres: true }).safeParse(input);
  const relevant = problems.filter(({ path }) => String(path[0]).startsWith('DATABASE_URL'));
  const all = [...relevant, ...problemsOf(found.error?.issues ?? [], input, hint)];
  if (!found.success || all.length > 0) throw configError(all, overrides, fileName);
  return found.data.postgres.url;
}

/** The one of `setup` if there is one. Throws like `validate`. */
export function validateSetupPostgresUrl(
  sources: Pick<Sources, 'overrides' | 'environment' | 'problems'>,
): Secret {
  const name = 'WAL2ALGOLIA_SETUP_DATABASE_URL';
  const problems = sources.problems.filter(({ path }) => String(path[0]).startsWith(name));
  const { setupPostgresUrl } = sources.environment;
  if (setupPostgresUrl === undefined && problems.length === 0)
    return validatePostgresUrl({ ...sources, file: {}, fileName: undefined });
  const found = environmentSchema.pick({ setupPostgresUrl: true }).safeParse({ setupPostgresUrl });
  const all = [
    ...problems,
    ...problemsOf(found.error?.issues ?? [], {}, () => undefined).map(environmentProblem),
  ];
  const url = found.data?.setupPostgresUrl;
  if (url === undefined || all.length > 0) throw configError(all, [], undefined);
  return url;
}

const algolia = configSchema.shape.algolia.unwrap();
const keyConfigSchema = configSchema.pick({ tables: true, keys: true, pseudonyms: true }).extend({
  algolia: algolia
    .extend({ apiKey: algolia.shape.apiKey.optional(), searchKey: algolia.shape.searchKey.unwrap() })
    .prefault({} as never),
});

/** What making a key takes: neither a database nor the key of `run`. `settingsKey` may read settings, if anything may. */
export type KeyConfig = Omit<z.output<typeof keyConfigSchema>, 'pseudonyms'> &
  Pick<Config, 'pseudonyms'> & { readonly settingsKey: Secret | undefined };

/** Throws like `validate`, for what it needs alone. Keys of pseudonyms are there if all of them are: who has none can still name people by their ids. */
export function validateKeyConfig(sources: Sources): KeyConfig {
  const { found, input, problems } = validatePart(sources, keyConfigSchema);
  const { adminKey } = environmentSchema.pick({ adminKey: true }).parse(sources.environment);
  if (found === undefined || problems.length > 0)
    throw configError(problems, sources.overrides, sources.fileName);
  const { keys } = withPseudonyms(input, sources);
  return { ...found, pseudonyms: { keys }, settingsKey: adminKey ?? found.algolia.apiKey };
}

const reportConfigSchema = configSchema
  .pick({ tables: true, keys: true, pseudonyms: true, reports: true })
  .extend({
    algolia: algolia.extend({ apiKey: algolia.shape.apiKey.optional() }).prefault({} as never),
  });

/** What a report takes: no database, and one key that may search, with another one for the status index where that is needed. */
export type ReportConfig = Omit<z.output<typeof reportConfigSchema>, 'pseudonyms'> &
  Pick<Config, 'pseudonyms'> & {
    readonly eventsKey: Secret;
    readonly statusKey: Secret;
  };

/** Throws like `validate`, for what it needs alone; keys of pseudonyms as for `validateKeyConfig`. */
export function validateReportConfig(sources: Sources): ReportConfig {
  const { environment, overrides, fileName } = sources;
  const { found, input, problems } = validatePart(sources, reportConfigSchema);
  const { statusKey } = environmentSchema.pick({ statusKey: true }).parse(environment);
  const eventsKey = found?.algolia.searchKey ?? found?.algolia.apiKey;
  const path = ['algolia', 'searchKey'];
  const missing =
    found !== undefined && eventsKey === undefined
      ? [{ path, text: 'missing: expected an Algolia API key' }]
      : [];
  const all = [...problems, ...missing];
  if (found === undefined || eventsKey === undefined || all.length > 0)
    throw configError(all, overrides, fileName);
  const { keys } = withPseudonyms(input, sources);
  return { ...found, pseudonyms: { keys }, eventsKey, statusKey: statusKey ?? eventsKey };
}

/** What a command without a database needs of the configuration. */
function validatePart<T extends z.ZodObject>(
  { file, overrides, problems }: Sources,
  schema: T,
): {
  readonly found: z.output<T> | undefined;
  readonly input: object;
  readonly problems: readonly Problem[];
} {
  const merged = overrides.reduce(put, file);
  const given = Object.keys(schema.shape).map((key) => [key, valueAt(merged, [key])] as const);
  const input = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  const found = schema.safeParse(input);
  const relevant = problems.filter(({ path }) => String(path[0]).startsWith('ALGOLIA_'));
  return {
    input,
    found: found.data as z.output<T> | undefined,
    problems: [...relevant, ...problemsOf(found.error?.issues ?? [], input, hint)],
  };
}

function configError(
  problems: readonly Problem[],
  overrides: readonly Override[],
  fileName: string | undefined,
): ConfigError {
  const lines = [...new Set(problems.map((problem) => line(problem, overrides)))];
  const remedy =
    fileName === undefined
      ? 'Set the environment variables, or write a wal2algolia.config.json; `wal2algolia --help` lists them.'
      : `Correct ${fileName}, or the environment variables; \`wal2algolia --help\` lists them.`;
  const [first, ...more] = lines;
  if (first !== undefined && more.length === 0) return new ConfigError(`configuration: ${first}`, { remedy });
  return new ConfigError(
    [`configuration: ${lines.length} problems`, ...lines.map((each) => `  ${each}`)].join('\n'),
    {
      remedy,
    },
  );
}

function line({ path, text }: Problem, overrides: readonly Override[]): string {
  const given = overrides.findLast((override) => begins(path, override.path));
  if (given !== undefined) return `${pathText(path)} (${given.from}): ${text}`;
  const variable = variables.find((each) => begins(path, each.path) && each.path.length === path.length);
  const hint = variable !== undefined && text.startsWith('missing') ? `; set ${variable.name}` : '';
  return `${path.length === 0 ? '' : `${pathText(path)}: `}${text}${hint}`;
}

/** An environment variable is known by its name, not by a key. */
function environmentProblem({ path, text }: Problem): Problem {
  const variable = environmentOnly.find((each) => begins(path, each.path));
  return { path: variable === undefined ? path : [variable.name], text: text.replace('missing: ', '') };
}

function begins(path: Path, with_: readonly string[]): boolean {
  return with_.every((part, position) => path[position] === part);
}

/** Leaves what is no object as it is: the schema has something to say about it. */
function put(input: unknown, { path: [first, ...rest], value }: Override): unknown {
  if (first === undefined) return value;
  if (input === undefined) return { [first]: put(undefined, { path: rest, value, from: '' }) };
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return input;
  return { ...input, [first]: put(valueAt(input, [first]), { path: rest, value, from: '' }) };
}

function hint(path: Path, key: string): string | undefined {
  return nearest(key, keysAt(path)) ?? keyElsewhere(key);
}
