import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** The suites that `npm test` must run, each a project of vitest.config.ts; those of the versions follow from `majors`. */
export const suites = ['unit', 'integration', 'wal2json', 'chaos', 'compose'];

/** The majors of Postgres on which something must have run, or a reason been given. */
export const majors = [14, 15, 16, 17, 18];

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

const sum = (files, key) => files.reduce((total, file) => total + file[key], 0);

export const countsOf = (files) => ({
  passed: sum(files, 'passed'),
  failed: sum(files, 'failed'),
  skipped: sum(files, 'skipped'),
});

/** Adds the report up by suite. `seconds` is from the start of a suite's first file to the end of its last; suites overlap. */
export function tally({ projects, files }) {
  return projects.map(({ name }) => {
    const own = files.filter((file) => file.project === name);
    const startedAt = Math.min(...own.map((file) => file.startedAt));
    const endedAt = Math.max(...own.map((file) => file.endedAt));
    return {
      name,
      ...countsOf(own),
      reasons: [...new Set(own.flatMap((file) => file.reasons))],
      seconds: own.length === 0 ? 0 : (endedAt - startedAt) / 1000,
    };
  });
}

/**
 * What a run of everything left out: suites, majors and files in which no test ran, and nobody said why. Tests that were skipped
 * with a reason are counted as skipped, and that is all.
 */
export function idle(report, paths) {
  const accounted = report.files.filter(
    ({ passed, failed, skipped, reasons }) => passed + failed > 0 || (skipped > 0 && reasons.length > 0),
  );
  const ofMajor = (major) => {
    const names = report.projects
      .filter(
        ({ name, postgres }) => name === `postgres-${major}` || postgres?.split('.')[0] === String(major),
      )
      .map(({ name }) => name);
    return accounted.some((file) => names.includes(file.project));
  };
  return [
    ...suites
      .filter((name) => !accounted.some((file) => file.project === name))
      .map((name) => `suite ${name}: no test ran`),
    ...majors.filter((major) => !ofMajor(major)).map((major) => `Postgres ${major}: no test ran`),
    ...paths
      .filter((path) => !accounted.some((file) => file.path === path))
      .map((path) => `${path}: no test ran`),
  ];
}
