import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.js';
import { matrix } from './matrix.js';
import { reportPath } from './suite-reporter.js';
import { idle, readReport, tally, testFiles } from './suites.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const results = join(root, 'test-results');
const reporter = join(root, 'scripts', 'suite-reporter.js');
const summaryPath = join(results, 'tests.json');

/** Runs vitest and resolves with its exit code. A signal goes to vitest, which ends its workers and global setup itself. */
function runVitest(args) {
  const bin = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
  const reporters = ['--reporter=default', `--reporter=${reporter}`];
  const child = spawn(process.execPath, [bin, 'run', ...reporters, ...args], { cwd: root, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** One entry per suite, and one for the run itself when it failed without a failed test to show for it. */
function summarize(exitCode, wholeRun) {
  const report = readReport(reportPath);
  if (report === undefined) return { suites: [], matrix: [], problems: ['vitest wrote no report'] };
  const suites = tally(report);
  const problems = wholeRun ? idle(report, testFiles(root)) : [];
  if (suites.every((suite) => suite.passed + suite.failed === 0)) problems.push('no test ran');
  const failed = suites.some((suite) => suite.failed > 0);
  if (exitCode !== 0 && !failed && problems.length === 0) problems.push(`vitest exited with ${exitCode}`);
  return { suites, matrix: wholeRun ? matrix(report) : [], problems };
}

const built = await build();
if (built !== 0) process.exit(built);
const args = process.argv.slice(2);
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });
const exitCode = await runVitest(args);
const summary = summarize(exitCode, args.length === 0);
writeFileSync(summaryPath, JSON.stringify(summary));
for (const { name, passed, failed, skipped, seconds, reasons } of summary.suites) {
  console.log(`${name}: ${passed} passed, ${failed} failed, ${skipped} skipped, ${seconds.toFixed(1)} s`);
  for (const reason of reasons) console.log(`  skipped: ${reason}`);
}
for (const line of summary.matrix) console.log(line);
for (const problem of summary.problems) console.error(`problem: ${problem}`);
process.exitCode = exitCode !== 0 ? exitCode : summary.problems.length === 0 ? 0 : 1;
