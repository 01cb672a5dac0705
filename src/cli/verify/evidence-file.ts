import { access, link, open, rename, rm, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from '../../errors.ts';

export type EvidenceFile = {
  /** It stands there once it is whole. Rejects with a UsageError where it cannot, or where another came to be there meanwhile. */
  write(text: string): Promise<void>;
};

/**
 * Shows beforehand that the file can be written, and leaves nothing: whoever compares may be ended at any moment. Rejects with a UsageError where it
 * cannot be written, or is there and may not be overwritten.
 */
export async function openEvidenceFile(name: string, force: boolean, cwd = '.'): Promise<EvidenceFile> {
  const path = resolve(cwd, name);
  const part = `${path}.part`;
  if (await isDirectory(path)) throw unwritable(name, { code: 'EISDIR' });
  if (!force && (await exists(path))) throw isThere(name);
  try {
    await writeWhole(part, '');
    await rm(part);
  } catch (cause) {
    throw unwritable(name, cause);
  }
  return {
    write: async (text) => {
      try {
        await writeWhole(part, text);
        // A link does not take the place of what is there.
        await (force ? rename(part, path) : link(part, path));
      } catch (cause) {
        throw codeOf(cause) === 'EEXIST' ? isThere(name) : unwritable(name, cause);
      } finally {
        await rm(part, { force: true });
      }
    },
  };
}

async function writeWhole(path: string, text: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function isThere(name: string): UsageError {
  return new UsageError(`--evidence ${name}: the file is there already`, {
    remedy: 'Have it overwritten by --force, or write to another file.',
  });
}

function unwritable(name: string, cause: unknown): UsageError {
  return new UsageError(`--evidence ${name}: the file cannot be written (${codeOf(cause)})`, {
    cause,
    remedy: 'Name a place that is there, may be written to and has room.',
  });
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
