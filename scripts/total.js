import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readReport } from './suites.js';

const results = join(dirname(dirname(fileURLToPath(import.meta.url))), 'test-results');
const tests = readReport(join(results, 'tests.json')) ?? {
  suites: [],
  matrix: [],
  problems: ['npm test left no counts'],
};
const checks = readReport(join(results, 'checks.json')) ?? [{ name: 'npm run check', ok: false, seconds: 0 }];

const total = { passed: 0, failed: tests.problems.length, skipped: 0 };
for (const { name, passed, failed, skipped, seconds, reasons } of tests.suites) {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  console.log(
    `suite ${name}: ${passed} passed, ${failed} failed, ${skipped} skipped, ${seconds.toFixed(1)} s`,
  );
  for (const reason of reasons) console.log(`  skipped: ${reason}`);
}
for (const line of tests.matrix) console.log(line);
for (const problem of tests.problems) console.log(`problem: ${problem}`);
for (const { name, ok, seconds } of checks) {
  total[ok ? 'passed' : 'failed'] += 1;
  console.log(`static ${name}: ${ok ? 'passed' : 'failed'}, ${seconds.toFixed(1)} s`);
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
