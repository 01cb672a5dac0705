// A process that owns a local Postgres, to be killed by a test: starts it with the options given as JSON, prints what came of it
// as one line of JSON, and stays until told to stop by a line on its input. Plain JavaScript: it runs what `npm run build` made.
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [, , builtModule, options] = process.argv;
const { startPostgres } = await import(pathToFileURL(builtModule).href);

process.on('SIGINT', () => undefined);
const log = [];
try {
  const postgres = await startPostgres({ ...JSON.parse(options), log: (line) => log.push(line) });
  const { url, port, pid, dataDir } = postgres;
  process.stdout.write(`${JSON.stringify({ url, port, pid, dataDir, log, uid: process.getuid() })}\n`);
  for await (const _ of createInterface({ input: process.stdin })) break;
  await postgres.stop();
} catch (error) {
  process.stdout.write(
    `${JSON.stringify({ error: { name: error.name, message: error.message, remedy: error.remedy } })}\n`,
  );
}
