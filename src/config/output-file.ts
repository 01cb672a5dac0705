import { access, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import { defaultConfigFiles } from './config-file.ts';
import type { Environment } from './log-level.ts';
import { CONFIG_FILE_VARIABLE } from './variables.ts';

const DEFAULT_NAME = 'wal2algolia.config.mjs';
const FORMATS = { '.json': 'json', '.js': 'js', '.mjs': 'js', '.ts': 'ts', '.mts': 'ts' } as const;

/** Where a configuration is to be written. */
export type OutputFile = {
  readonly path: string;
  /** As the operator would write it. */
  readonly name: string;
  readonly format: 'json' | 'js' | 'ts';
  /** Whether commands find it by themselves, from this directory and with this environment. */
  readonly isFound: boolean;
};

type Wish = {
  readonly output: string | undefined;
  /** Whether a file that is there may be overwritten. */
  readonly force: boolean;
  readonly environment?: Environment | undefined;
  readonly cwd?: string | undefined;
};

/** Without a wish, the file that commands look for. Rejects with a UsageError where it may not or cannot be written. */
export async function planOutput({
  output,
  force,
  environment = process.env,
  cwd = process.cwd(),
}: Wish): Promise<OutputFile> {
  const named = environment[CONFIG_FILE_VARIABLE] || undefined;
  const name = output ?? named ?? DEFAULT_NAME;
  const path = resolve(cwd, name);
  const format = FORMATS[extname(path) as keyof typeof FORMATS];
  if (format === undefined) {
    throw new UsageError(`${name}: expected a name that ends in .json, .js, .mjs or .ts`);
  }
  const others = await defaultConfigFiles(cwd);
  const isDefault =
    dirname(path) === resolve(cwd) && /^wal2algolia\.config\.(json|js|mjs|ts)$/.test(basename(path));
  if (!force && (await exists(path))) throw isThere(name);
  const other = others.find((each) => resolve(cwd, each) !== path);
  if (isDefault && other !== undefined) {
    throw new UsageError(`${other} is there already, and of two configuration files neither is taken`, {
      remedy: `Remove it, or write to it by --output ${other} --force, or to another name by --output.`,
    });
  }
  return { path, name, format, isFound: named === undefined ? isDefault : resolve(cwd, named) === path };
}

/** Rejects with a UsageError where it cannot be written. Without force, a file that came to be meanwhile is left alone. */
export async function writeOutput({ path, name }: OutputFile, text: string, force: boolean): Promise<void> {
  await writeFile(path, text, { flag: force ? 'w' : 'wx' }).catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    if (code === 'EEXIST') throw isThere(name);
    throw new UsageError(`${name} cannot be written (${code})`, {
      cause,
      remedy: 'Give another place by --output, or look at the file from --dry-run.',
    });
  });
}

function isThere(name: string): UsageError {
  return new UsageError(`${name} is there already`, {
    remedy: 'Have it overwritten by --force, or write to another place by --output.',
  });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
