import { expect, test } from 'vitest';

type File = {
  project: string;
  path: string;
  passed: number;
  failed: number;
  skipped: number;
  reasons: string[];
  startedAt: number;
  endedAt: number;
};
type Report = { projects: { name: string; postgres?: string }[]; files: File[] };
type Suite = Omit<File, 'project' | 'path' | 'startedAt' | 'endedAt'> & { name: string; seconds: number };

const script = (name: string): Promise<unknown> =>
  import(new URL(`../../../scripts/${name}`, import.meta.url).href);

const { tally, idle } = (await script('suites.js')) as {
  tally(report: Report): Suite[];
  idle(report: Report, paths: string[]): string[];
};
const { matrix } = (await script('matrix.js')) as { matrix(report: Report): string[] };

const file = (project: string, path: string, counts: Partial<File>): File => ({
  project,
  path,
  passed: 0,
  failed: 0,
  skipped: 0,
  reasons: [],
  startedAt: 1_000,
  endedAt: 3_500,
  ...counts,
});

const slot = 'test/integration/replication/slot.test.ts';
const reason = 'no Postgres 16';

const whole: Report = {
  projects: [
    { name: 'unit' },
    { name: 'integration', postgres: '18.4' },
    { name: 'postgres-14', postgres: '14.23' },
    { name: 'postgres-15', postgres: '15.18' },
    { name: 'postgres-16' },
    { name: 'postgres-17', postgres: '17.10' },
    { name: 'wal2json', postgres: '15.18' },
    { name: 'chaos', postgres: '18.4' },
    { name: 'compose' },
  ],
  files: [
    file('unit', 'test/unit/a.test.ts', { passed: 2, failed: 1 }),
    file('integration', slot, { passed: 4 }),
    file('integration', 'test/integration/http/b.test.ts', { passed: 1, skipped: 1, endedAt: 9_000 }),
    file('postgres-14', slot, { passed: 3, failed: 1 }),
    file('postgres-15', slot, { passed: 4 }),
    file('postgres-16', slot, { skipped: 4, reasons: [reason] }),
    file('postgres-17', slot, { passed: 3, skipped: 1 }),
    file('wal2json', 'test/integration/wal2json/c.test.ts', { passed: 7 }),
    file('chaos', 'test/chaos/d.test.ts', { passed: 1 }),
    file('compose', 'test/compose/e.test.ts', { skipped: 2, reasons: ['no Docker'] }),
  ],
};
const paths = [...new Set(whole.files.map(({ path }) => path))];

/** A run of everything in which this happened to one project. */
const withFiles = (project: string, files: File[]): Report => ({
  ...whole,
  files: [...whole.files.filter((one) => one.project !== project), ...files],
});

test('counts are added up by suite, those of a version apart from those of another', () => {
  const suites = tally(whole);
  expect(suites.map(({ name }) => name)).toEqual(whole.projects.map(({ name }) => name));
  expect(suites[1]).toEqual({
    name: 'integration',
    passed: 5,
    failed: 0,
    skipped: 1,
    reasons: [],
    seconds: 8,
  });
  expect(suites[2]).toMatchObject({ name: 'postgres-14', passed: 3, failed: 1, skipped: 0 });
  expect(suites[4]).toMatchObject({ name: 'postgres-16', passed: 0, skipped: 4, reasons: [reason] });
});

test('nothing is idle when every file ran a test or said why not', () => {
  expect(idle(whole, paths)).toEqual([]);
});

test('a suite without a test that ran is named', () => {
  const report = withFiles('chaos', []);
  expect(idle(report, paths.slice(0, 2))).toEqual(['suite chaos: no test ran']);
});

test('a major on which nothing ran is named, also when its project is gone', () => {
  const projects = whole.projects.filter(({ name }) => name !== 'postgres-17');
  const report = { ...withFiles('postgres-17', []), projects };
  expect(idle(report, paths)).toEqual(['Postgres 17: no test ran']);
});

test('a major that the whole suite ran on needs no suite of its own', () => {
  const projects = whole.projects.map((project) =>
    project.name === 'integration' ? { ...project, postgres: '17.10' } : project,
  );
  const report = { projects: projects.filter(({ name }) => name !== 'postgres-17'), files: whole.files };
  expect(idle(report, paths)).toEqual([]);
});

test('a file that was not run, and one that skipped all it has without a reason, are named', () => {
  const skipping = file('unit', 'test/unit/skipping.test.ts', { skipped: 1 });
  const report = { ...whole, files: [...whole.files, skipping] };
  expect(idle(report, [...paths, skipping.path, 'test/stray.test.ts'])).toEqual([
    'test/unit/skipping.test.ts: no test ran',
    'test/stray.test.ts: no test ran',
  ]);
});

test('the matrix has a row for each major and a column for each suite that runs on several', () => {
  expect(matrix(whole)).toEqual([
    '| Postgres | replication         | wal2json | all others          |',
    '|----------|---------------------|----------|---------------------|',
    '| 14.23    | 3 passed, 1 failed  | -        | -                   |',
    '| 15.18    | 4 passed            | 7 passed | -                   |',
    '| 16       | 4 skipped           | -        | -                   |',
    '| 17.10    | 3 passed, 1 skipped | -        | -                   |',
    '| 18.4     | 4 passed            | -        | 2 passed, 1 skipped |',
  ]);
});
