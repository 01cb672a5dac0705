import { access, link, open, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from '../errors.ts';

export type EvidenceFile = AsyncDisposable & {
  /** It stands there once it is whole. Rejects with a UsageError where another came to be there meanwhile. */
  write(text: string): Promise<void>;
};

/**
 * Shows beforehand that the file can be written, and holds the place for it beside it. Disposed of without having been written, nothing stays.
 * Rejects with a UsageError where it cannot be written, or is there and may not be overwritten.
 */
export async function openEvidenceFile(name: string, force: boolean, cwd = '.'): Promise<EvidenceFile> {
  const path = resolve(cwd, name);
  if (!force && (await exists(path))) throw isThere(name);
  const part = `${path}.part`;
  const file = await open(part, 'w').catch((cause: unknown) => {
    throw unwritable(name, cause);
  });
  return {
    write: async (text) => {
      try {
        await file.writeFile(text);
        await file.sync();
        // A link does not take the place of what is there.
        await (force ? rename(part, path) : link(part, path));
      } catch (cause) {
        throw codeOf(cause) === 'EEXIST' ? isThere(name) : unwritable(name, cause);
      }
    },
    [Symbol.asyncDispose]: async () => {
      await file.close();
      await rm(part, { force: true });
    },
  };
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
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
