import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { OLDEST, versionSuiteMajors, WAL2JSON_MAJOR } from './test/support/postgres-majors.ts';

const globalSetup = './test/support/global-setup.ts';
const runner = './test/support/skipping-runner.ts';
const wal2json = 'test/integration/wal2json/**/*.test.ts';

/** What depends on what Postgres sends and understands. By folder, so that a new test there joins by itself. */
const versionSuites = [
  'test/integration/backfill/{keys,tables}.test.ts',
  'test/integration/dead-letters/{letters,published}.test.ts',
  'test/integration/{bookmarks,completeness,operations,records,refresh,regressions,replay,replication,slots}/**/*.test.ts',
  'test/integration/faults/publication-changes.test.ts',
  'test/integration/lookups/{followed,names}.test.ts',
  'test/integration/pipeline/straight-line.test.ts',
  'test/integration/privacy/**/*.test.ts',
  'test/integration/verify/{classes,visibility}.test.ts',
];
/** What depends on the column lists and row filters that only the oldest is without, what it says of slots, and SQL that others are given. */
const oldestSuites = [
  'test/integration/{init,recover,setup}/**/*.test.ts',
  'test/integration/verify/canonical-sql.test.ts',
];
/** What there is no way to do on the oldest: row filters, as each of the others understands them. */
const filterSuites = ['test/integration/filters/**/*.test.ts'];

function onMajor(postgresMajor: number): TestProjectInlineConfiguration {
  return {
    extends: true,
    test: {
      name: `postgres-${postgresMajor}`,
      include: [...versionSuites, ...(postgresMajor === OLDEST ? oldestSuites : filterSuites)],
      globalSetup,
      runner,
      provide: { postgresMajor },
      testTimeout: 120_000,
      hookTimeout: 120_000,
      maxWorkers: 2,
      sequence: { groupOrder: 2 },
    },
  };
}

/** No project retries: a test that passes only the second time has found a race. */
export default defineConfig({
  test: {
    allowOnly: false,
    teardownTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          exclude: [wal2json],
          globalSetup,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      ...versionSuiteMajors().map(onMajor),
      {
        extends: true,
        test: {
          name: 'wal2json',
          include: [wal2json],
          globalSetup,
          runner,
          provide: { postgresMajor: WAL2JSON_MAJOR, needsWal2json: true },
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'chaos',
          include: ['test/chaos/**/*.test.ts'],
          globalSetup,
          testTimeout: 900_000,
          hookTimeout: 300_000,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
      {
        extends: true,
        test: {
          name: 'compose',
          include: ['test/compose/**/*.test.ts'],
          testTimeout: 900_000,
          hookTimeout: 900_000,
          fileParallelism: false,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
