import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const names = Object.keys(scripts).filter((name) => name.startsWith('check:'));

/** Runs one static check to its end, whatever the others say. */
function run(name) {
  const startedAt = performance.now();
  const { status } = spawnSync('npm', ['run', '--silent', name], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  return { name, ok: status === 0, seconds: (performance.now() - startedAt) / 1000 };
}

const checks = names.map(run);
for (const { name, ok, seconds } of checks)
  console.log(`${name}: ${ok ? 'passed' : 'failed'}, ${seconds.toFixed(1)} s`);
mkdirSync(join(root, 'test-results'), { recursive: true });
writeFileSync(join(root, 'test-results', 'checks.json'), JSON.stringify(checks));
process.exitCode = checks.length > 0 && checks.every((check) => check.ok) ? 0 : 1;
