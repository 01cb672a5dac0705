import { access, readFile } from 'node:fs/promises';
import { extname, join, relative, resolve } from 'node:path';
import { ConfigError } from '../errors.ts';
import { jsonErrorPosition } from './json-position.ts';

const DEFAULT_NAMES = ['json', 'js', 'mjs', 'ts'].map((extension) => `wal2algolia.config.${extension}`);
const EXTENSIONS = new Set(['.json', '.js', '.mjs', '.cjs', '.ts', '.mts']);

export type ConfigFile = { readonly name: string; readonly content: unknown };

/**
 * The file that was asked for, else the one in the working directory, else undefined. Rejects with a ConfigError when the
 * file is missing though asked for, is one of several, or cannot be read; the error shows nothing of its content.
 */
export async function readConfigFile(
  asked: string | undefined,
  cwd: string,
): Promise<ConfigFile | undefined> {
  if (asked !== undefined) return read(resolve(cwd, asked), cwd);
  const found = await defaultConfigFiles(cwd);
  const [only, ...more] = found;
  if (only === undefined) return undefined;
  if (more.length > 0) {
    throw new ConfigError(`more than one configuration file: ${found.join(', ')}`, {
      remedy: 'Keep one of them, or say which by --config.',
    });
  }
  return read(join(cwd, only), cwd);
}

/** Those that a command would find by itself in a directory. */
export async function defaultConfigFiles(cwd: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of DEFAULT_NAMES) if (await exists(join(cwd, name))) found.push(name);
  return found;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function read(path: string, cwd: string): Promise<ConfigFile> {
  const inside = relative(cwd, path);
  const name = inside.startsWith('..') ? path : inside;
  if (!EXTENSIONS.has(extname(path))) {
    throw new ConfigError(`configuration file ${name}: expected a name that ends in .json, .js, .mjs or .ts`);
  }
  const source = await readFile(path, 'utf8').catch((cause: unknown) => {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw new ConfigError(`configuration file ${name} ${missing ? 'does not exist' : 'cannot be read'}`, {
      cause,
      remedy: 'Check --config and WAL2ALGOLIA_CONFIG.',
    });
  });
  return {
    name,
    content: extname(path) === '.json' ? parseJson(source, name) : await importModule(path, name),
  };
}

function parseJson(source: string, name: string): unknown {
  const text = source.replace(/^\uFEFF/, '');
  try {
    return JSON.parse(text);
  } catch {
    // The engine's error is not kept as the cause: it quotes the file.
    throw new ConfigError(
      `configuration file ${name} is not valid JSON: the mistake is at ${jsonErrorPosition(text)}`,
    );
  }
}

/** One loader for all of them, so that a syntax error has a position in each and both module formats work everywhere. */
async function importModule(path: string, name: string): Promise<unknown> {
  // Loaded here: no start but one with such a file needs it. Without caches: they would put a copy of the file, secrets included, somewhere else on the disk.
  const { createJiti } = await import('jiti');
  const jiti = createJiti(import.meta.url, { fsCache: false, moduleCache: false });
  let module: unknown;
  try {
    module = await jiti.import(path);
  } catch (error) {
    throw importFailure(error, name);
  }
  if (typeof module === 'object' && module !== null && 'default' in module) return await module.default;
  throw new ConfigError(`configuration file ${name} has no default export`, {
    remedy: 'Write `export default { ... }`.',
  });
}

function importFailure(error: unknown, name: string): ConfigError {
  const text = error instanceof Error ? error.message : '';
  const syntax = /^ParseError: .*?(\S+):(\d+):(\d+)\s*$/s.exec(text);
  if (syntax !== null) {
    const file = resolve(syntax[1] ?? '').endsWith(resolve(name)) ? name : (syntax[1] ?? name);
    return new ConfigError(
      `configuration file ${name} cannot be parsed: the mistake is in ${file} at line ${syntax[2]}, column ${syntax[3]}`,
    );
  }
  if (error instanceof SyntaxError)
    return new ConfigError(`configuration file ${name} cannot be loaded: ${error.name}`);
  return new ConfigError(`configuration file ${name} cannot be loaded: ${text.split('\n', 1)[0]}`);
}
