import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { FILTERS_SINCE, OLDEST, versionSuiteMajors, WAL2JSON_MAJOR } from './test/support/postgres-majors.ts';

const globalSetup = './test/support/global-setup.ts';
/** Files share processes, not modules: see the runner. */
const shared = { isolate: false, runner: './test/support/fresh-modules-runner.ts' };
const skipping = { isolate: false, runner: './test/support/skipping-runner.ts' };
/** One group after the other, as many files at once as there are cores at least: what counts bytes and requests under load needs its own. */
const integration = { maxWorkers: 2, sequence: { groupOrder: 1 } };
const versions = { maxWorkers: 2, sequence: { groupOrder: 2 } };
const chaos = { maxWorkers: 2, sequence: { groupOrder: 3 } };
const compose = { fileParallelism: false, sequence: { groupOrder: 4 } };
const wal2json = 'test/integration/wal2json/**/*.test.ts';

/** What the server sends and keeps, and what came with a version between the oldest and the newest. */
const versionSuites = [
  'test/integration/{operations,records}/**/*.test.ts',
  'test/integration/backfill/tables.test.ts',
  'test/integration/bookmarks/{commands,server-limits}.test.ts',
  'test/integration/dead-letters/published.test.ts',
  'test/integration/faults/publication-changes.test.ts',
  'test/integration/pipeline/straight-line.test.ts',
  'test/integration/refresh/{message,reading}.test.ts',
  'test/integration/regressions/publications.test.ts',
  'test/integration/replication/session-{bindings,ownership,positions,wire}.test.ts',
  'test/integration/slots/{failover-slot,lost-slot,replaced-slot}.test.ts',
  'test/integration/verify/visibility.test.ts',
];
/**
 * What stands on all that came after the oldest, or on nothing of it: the versions in the middle can do no more than the newest and no
 * less than the oldest. By folder, so that a new test there joins by itself.
 */
const oldestSuites = [
  'test/integration/backfill/keys.test.ts',
  'test/integration/dead-letters/letters.test.ts',
  'test/integration/lookups/{followed,names}.test.ts',
  'test/integration/verify/{canonical-sql,classes}.test.ts',
  'test/integration/{bookmarks,completeness,init,privacy,recover,refresh,regressions,replay,replication,setup,slots}/**/*.test.ts',
];
/** Row filters, on the first version that has them. */
const filterSuites = ['test/integration/filters/**/*.test.ts'];
const moreOf = new Map([
  [OLDEST, oldestSuites],
  [FILTERS_SINCE, filterSuites],
]);

function onMajor(postgresMajor: number): TestProjectInlineConfiguration {
  return {
    extends: true,
    test: {
      name: `postgres-${postgresMajor}`,
      include: [...versionSuites, ...(moreOf.get(postgresMajor) ?? [])],
      globalSetup,
      ...skipping,
      provide: { postgresMajor },
      testTimeout: 300_000,
      hookTimeout: 120_000,
      ...versions,
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
          ...shared,
          testTimeout: 60_000,
          maxWorkers: 2,
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
          ...shared,
          testTimeout: 300_000,
          hookTimeout: 120_000,
          ...integration,
        },
      },
      ...versionSuiteMajors().map(onMajor),
      {
        extends: true,
        test: {
          name: 'wal2json',
          include: [wal2json],
          globalSetup,
          ...skipping,
          provide: { postgresMajor: WAL2JSON_MAJOR, needsWal2json: true },
          testTimeout: 300_000,
          hookTimeout: 120_000,
          ...versions,
        },
      },
      {
        extends: true,
        test: {
          name: 'chaos',
          include: ['test/chaos/**/*.test.ts'],
          globalSetup,
          provide: { standsApart: true },
          testTimeout: 900_000,
          hookTimeout: 300_000,
          ...chaos,
        },
      },
      {
        extends: true,
        test: {
          name: 'compose',
          include: ['test/compose/**/*.test.ts'],
          testTimeout: 900_000,
          hookTimeout: 900_000,
          ...compose,
        },
      },
    ],
  },
});
