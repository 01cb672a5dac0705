import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scratchDirectory } from './scratch-directory.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** One exact text of one compiled file, which must stand there once, and what takes its place. */
export type Plant = { readonly file: string; readonly find: string; readonly replace: string };

export type PlantedProgram = AsyncDisposable & {
  /** The path of its main.js. */
  readonly program: string;
};

/**
 * Copies the build and makes these changes in the copy, one after the other. Rejects when a text is not there exactly once: then the change
 * no longer is the one that was meant, and a test that builds on it proves nothing.
 */
export async function plant(...plants: readonly Plant[]): Promise<PlantedProgram> {
  const directory = await scratchDirectory();
  try {
    const dist = join(directory.path, 'dist');
    await cp(join(root, 'dist'), dist, {
      recursive: true,
      filter: (source) => !/\.(map|d\.ts)$/.test(source),
    });
    await cp(join(root, 'package.json'), join(directory.path, 'package.json'));
    await symlink(join(root, 'node_modules'), join(directory.path, 'node_modules'), 'dir');
    for (const each of plants) await change(dist, each);
    return { program: join(dist, 'main.js'), [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
  } catch (error) {
    await directory[Symbol.asyncDispose]();
    throw error;
  }
}

async function change(dist: string, { file, find, replace }: Plant): Promise<void> {
  const path = join(dist, file);
  const code = await readFile(path, 'utf8');
  const found = code.split(find).length - 1;
  if (found !== 1) {
    throw new Error(`cannot be planted: ${JSON.stringify(find)} stands ${found} times in dist/${file}`);
  }
  await writeFile(
    path,
    code.replace(find, () => replace),
  );
}
