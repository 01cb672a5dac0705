import { type FileHandle, open, rename } from 'node:fs/promises';
import { UsageError } from '../errors.ts';

/** Writes a file that only its owner can read, part by part. It stands there, in the place of one that was there before, once it is whole. */
export async function writeSecretFile(
  path: string,
  write: (target: (text: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  const part = `${path}.part`;
  const file = await opened(part);
  try {
    // It may be left over from before.
    await file.chmod(0o600);
    await write(async (text) => void (await file.write(text)));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(part, path);
}

async function opened(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'w', 0o600);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    throw new UsageError(`--output: the file cannot be written${code}`, { cause });
  }
}
