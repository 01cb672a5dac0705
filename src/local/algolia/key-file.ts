import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PreconditionError } from '../../errors.ts';
import type { ApiKey } from './api-key.ts';

const KEY_FILE = 'keys.json';

/** Where keys are kept that were added over HTTP: what `write` returned from survives a kill -9 of the process. */
export type KeyFile = { read(): ApiKey[]; write(keys: Iterable<ApiKey>): void };

/** For a server that keeps nothing. */
export const NO_KEY_FILE: KeyFile = { read: () => [], write: () => undefined };

/** The file of a data directory that this process has locked. */
export function keyFileIn(directory: string): KeyFile {
  const path = join(directory, KEY_FILE);
  return { read: () => readKeys(path), write: (keys) => writeKeys(path, [...keys]) };
}

/** Throws a PreconditionError when the file is damaged; no file is no keys. */
function readKeys(path: string): ApiKey[] {
  try {
    const { format, keys } = JSON.parse(readFileSync(path, 'utf8')) as { format: unknown; keys: ApiKey[] };
    if (format === 1 && Array.isArray(keys)) return keys;
    throw new SyntaxError('not a list of keys');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
    // The cause stays out: a parser's message repeats the text, and the text is keys.
    throw new PreconditionError(`the file of API keys cannot be read: ${path}`, {
      remedy: 'restore it from a copy, or remove it and add the keys again',
    });
  }
}

/** Moved into place, so that a reader finds the old keys or the new ones. */
function writeKeys(path: string, keys: readonly ApiKey[]): void {
  const draft = `${path}.new`;
  const fd = openSync(draft, 'w', 0o600);
  try {
    writeFileSync(fd, `${JSON.stringify({ format: 1, keys }, undefined, 2)}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(draft, path);
}
