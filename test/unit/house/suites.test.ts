import { expect, test } from 'vitest';

type Suite = { name: string; passed: number; failed: number; skipped: number; seconds: number };
type Result = {
  name: string;
  status: 'passed' | 'failed';
  startTime: number;
  endTime: number;
  assertionResults: { status: 'passed' | 'failed' | 'skipped' }[];
};
type Suites = {
  tally(report: { testResults: Result[] }, root: string): Suite[];
  idle(report: { testResults: Result[] }, root: string, files: string[]): string[];
};

const { tally, idle } = (await import(new URL('../../../scripts/suites.js', import.meta.url).href)) as Suites;

const result = (path: string, ...statuses: ('passed' | 'failed' | 'skipped')[]): Result => ({
  name: `/clone/${path}`,
  status: statuses.length === 0 || statuses.includes('failed') ? 'failed' : 'passed',
  startTime: 1_000,
  endTime: 3_500,
  assertionResults: statuses.map((status) => ({ status })),
});

const all = [
  result('test/unit/a.test.ts', 'passed', 'passed', 'failed'),
  result('test/integration/b.test.ts', 'passed', 'skipped'),
  result('test/chaos/c.test.ts', 'passed'),
];
const paths = all.map((file) => file.name.replace('/clone/', ''));

test('counts are added up by suite', () => {
  expect(tally({ testResults: all }, '/clone')).toEqual([
    { name: 'unit', passed: 2, failed: 1, skipped: 0, seconds: 2.5 },
    { name: 'integration', passed: 1, failed: 0, skipped: 1, seconds: 2.5 },
    { name: 'chaos', passed: 1, failed: 0, skipped: 0, seconds: 2.5 },
  ]);
});

test('a file that could not be loaded counts as one failure', () => {
  const [unit] = tally({ testResults: [result('test/unit/broken.test.ts')] }, '/clone');
  expect(unit).toMatchObject({ passed: 0, failed: 1 });
});

test('nothing is idle when every file ran a test', () => {
  expect(idle({ testResults: all }, '/clone', paths)).toEqual([]);
});

test('a suite without a test that ran is named', () => {
  const report = { testResults: all.slice(0, 2) };
  expect(idle(report, '/clone', paths.slice(0, 2))).toEqual(['suite chaos: no test ran']);
});

test('a file that was not run, and one that skipped all it has, are named', () => {
  const skipping = result('test/unit/skipping.test.ts', 'skipped');
  const files = [...paths, 'test/unit/skipping.test.ts', 'test/stray.test.ts'];
  expect(idle({ testResults: [...all, skipping] }, '/clone', files)).toEqual([
    'test/unit/skipping.test.ts: no test ran',
    'test/stray.test.ts: no test ran',
  ]);
});
