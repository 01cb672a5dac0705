import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** The suites that `npm test` must run, each a folder of test/ and a project of vitest.config.ts. */
export const suites = ['unit', 'integration', 'chaos'];

/** Files that look like tests to a reader, wherever they stand. Those outside a suite's folder would never run. */
export function testFiles(root) {
  return ['src', 'scripts', 'test']
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\.(test|spec)\.[cm]?[jt]sx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((file) => !file.startsWith('test/fixtures/'))
    .sort();
}

export const readReport = (path) => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined);

const count = (file, statuses) =>
  file.assertionResults.filter((test) => statuses.includes(test.status)).length;

function suiteOf(name, files) {
  const sum = (statuses) => files.reduce((total, file) => total + count(file, statuses), 0);
  const failedToLoad = files.filter(
    (file) => file.status === 'failed' && count(file, ['failed']) === 0,
  ).length;
  return {
    name,
    passed: sum(['passed']),
    failed: sum(['failed']) + failedToLoad,
    skipped: sum(['skipped', 'pending', 'todo', 'disabled']),
    seconds:
      files.length === 0
        ? 0
        : (Math.max(...files.map((file) => file.endTime)) -
            Math.min(...files.map((file) => file.startTime))) /
          1000,
  };
}

/** Adds vitest's JSON report up by suite. `seconds` is from the start of a suite's first file to the end of its last. */
export function tally(report, root) {
  const results = report.testResults.map((file) => ({
    ...file,
    path: relative(root, file.name).replaceAll('\\', '/'),
  }));
  return suites.map((name) =>
    suiteOf(
      name,
      results.filter((file) => file.path.startsWith(`test/${name}/`)),
    ),
  );
}

/** What a run of everything left out: suites and files in which no test ran. */
export function idle(report, root, files) {
  const ran = new Set(
    report.testResults
      .filter((file) => file.status === 'failed' || count(file, ['passed', 'failed']) > 0)
      .map((file) => relative(root, file.name).replaceAll('\\', '/')),
  );
  return [
    ...suites
      .filter((name) => ![...ran].some((path) => path.startsWith(`test/${name}/`)))
      .map((name) => `suite ${name}: no test ran`),
    ...files.filter((file) => !ran.has(file)).map((file) => `${file}: no test ran`),
  ];
}
