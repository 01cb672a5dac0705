import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { clientOf, served } from './served.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const ROOM = 'src/local/algolia';
const KILLS = 5;
const indexName = 'log';

/** The room as JavaScript that Node runs as it is, without a build of the whole. */
async function compiledServer(directory: string): Promise<string> {
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
     const server = await startAlgoliaServer({ port: 0, dataDir: process.argv[2], taskDelayMs: 1 });
     console.log(server.port);`,
  );
  return main;
}

async function startedProcess(main: string, dataDir: string) {
  const child = spawn(process.execPath, [main, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const first = await Promise.race([createInterface(child.stdout)[Symbol.asyncIterator]().next(), exited]);
  if (first?.value === undefined) throw new Error('the server ended before it had a port');
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  return { port: Number(first.value), kill };
}

test('kill -9 under load loses no answered write, tears no batch, and frees the directory', async () => {
  await using directory = await scratchDirectory();
  const main = await compiledServer(directory.path);
  const dataDir = join(directory.path, 'data');
  let answered = -1;
  let sent = -1;
  for (let round = 0; round < KILLS; round += 1) {
    const server = await startedProcess(main, dataDir);
    try {
      const client = clientOf(server.port, 'local', 'local-admin-key');
      const stopAfter = answered + 5 + round * 7;
      for (let alive = true; alive; ) {
        sent += 1;
        const objects = Array.from({ length: 50 }, (_, id) => ({ objectID: String(id), n: sent, round }));
        const write = client.batch({
          indexName,
          batchWriteParams: { requests: objects.map((body) => ({ action: 'updateObject', body })) },
        });
        const outcome = write.then(
          () => {
            answered = sent;
          },
          () => {
            alive = false;
          },
        );
        if (sent >= stopAfter) {
          alive = false;
          await server.kill();
        }
        await outcome;
      }
    } finally {
      await server.kill();
    }
  }
  await using revived = await served({ dataDir });
  const { hits, nbHits } = await revived.client.searchSingleIndex({
    indexName,
    searchParams: { hitsPerPage: 100 },
  });
  const versions = new Set(hits.map((hit) => (hit as unknown as { n: number }).n));
  expect([nbHits, versions.size]).toEqual([50, 1]);
  const [version = -1] = versions;
  expect(version).toBeGreaterThanOrEqual(answered);
  expect(version).toBeLessThanOrEqual(sent);
});
