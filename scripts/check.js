import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const names = Object.keys(scripts).filter((name) => name.startsWith('check:'));

/** Runs one static check to its end, whatever the others say, and shows what it said once it has ended. */
async function run(name) {
  const startedAt = performance.now();
  const child = spawn('npm', ['run', '--silent', name], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => said.push(chunk));
  const [status] = await once(child, 'close');
  process.stdout.write(Buffer.concat(said));
  return { name, ok: status === 0, seconds: (performance.now() - startedAt) / 1000 };
}

const checks = [];
const waiting = [...names];
async function runWaiting() {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) checks.push(await run(name));
}
// Two at a time: most of them have a core to themselves, and nothing to do with the other.
await Promise.all([runWaiting(), runWaiting()]);
checks.sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
for (const { name, ok, seconds } of checks)
  console.log(`${name}: ${ok ? 'passed' : 'failed'}, ${seconds.toFixed(1)} s`);
mkdirSync(join(root, 'test-results'), { recursive: true });
writeFileSync(join(root, 'test-results', 'checks.json'), JSON.stringify(checks));
process.exitCode = checks.length > 0 && checks.every((check) => check.ok) ? 0 : 1;
