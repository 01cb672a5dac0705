import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const ROOM = 'src/local/algolia';

/** The room as JavaScript that Node runs as it is, without a build of the whole. */
export async function compiledServer(directory: string): Promise<string> {
  const room = (await readdir(join(root, ROOM))).map((name) => join(ROOM, name));
  for (const path of ['src/errors.ts', ...room]) {
    const { outputText } = ts.transpileModule(await readFile(join(root, path), 'utf8'), {
      fileName: path,
      compilerOptions: {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2023,
        rewriteRelativeImportExtensions: true,
        verbatimModuleSyntax: true,
      },
    });
    const output = join(directory, path.replace(/\.ts$/, '.js'));
    await mkdir(dirname(output), { recursive: true });
    await writeFile(output, outputText);
  }
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
  await symlink(join(root, 'node_modules'), join(directory, 'node_modules'));
  const main = join(directory, 'main.js');
  await writeFile(
    main,
    `import { startAlgoliaServer } from './${ROOM}/server.js';
     const server = await startAlgoliaServer({ port: 0, dataDir: process.argv[2], taskDelayMs: 1, faults: true });
     console.log(server.port);`,
  );
  return main;
}

/**
 * Runs what `compiledServer` made; `kill` is SIGKILL and resolves when the process is gone. Writes beyond `fileBlocksMax`, of 512 bytes or
 * 1024 as the shell counts, fail as on a full disk: Node ignores the signal that goes with it.
 */
export async function startedProcess(main: string, dataDir: string, fileBlocksMax?: number) {
  const limit = fileBlocksMax === undefined ? '' : `ulimit -f ${fileBlocksMax}; `;
  const child = spawn('/bin/sh', ['-c', `${limit}exec "$@"`, 'sh', process.execPath, main, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const first = await Promise.race([createInterface(child.stdout)[Symbol.asyncIterator]().next(), exited]);
  if (first?.value === undefined) throw new Error('the server ended before it had a port');
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  return { port: Number(first.value), kill };
}
