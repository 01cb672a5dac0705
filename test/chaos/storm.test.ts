import { expect, test } from 'vitest';
import { chaosTable } from './storm/chaos-table.ts';
import { allFaults } from './storm/faults.ts';
import { storm } from './storm/storm.ts';

const seed = Number(process.env['WAL2ALGOLIA_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const strikes = Number(process.env['WAL2ALGOLIA_TEST_STORM_FAULTS'] ?? allFaults.length);

test(`nothing is lost, extra or stale through ${strikes} faults under load (WAL2ALGOLIA_TEST_SEED=${seed})`, async () => {
  process.stderr.write(`storm: WAL2ALGOLIA_TEST_SEED=${seed}\n`);
  const startedAtMs = performance.now();
  const report = await storm({ seed, strikes });
  const { rows, transactions, confirmations, versions, letters } = report;
  const facts = Object.entries({ rows, transactions, confirmations, versions, letters }).map(
    ([name, value]) => `${name} ${value}`,
  );
  const seconds = Math.round((performance.now() - startedAtMs) / 1_000);
  process.stderr.write(`storm: seconds ${seconds}, ${facts.join(', ')}\n${chaosTable(report.steps)}\n`);
  expect(report.problems.slice(0, 10)).toEqual([]);
  expect(report.steps.flatMap(({ faults }) => faults)).toHaveLength(strikes);
  // Each check had something to look at.
  expect(rows).toBeGreaterThan(50 * strikes);
  expect(Math.min(confirmations, versions)).toBeGreaterThan(50 * strikes);
  expect(letters).toBeGreaterThan(strikes);
  expect(report.peakBytes).toBeGreaterThan(0);
  const struck = new Set(report.steps.flatMap(({ faults }) => faults));
  if (strikes >= allFaults.length) expect(struck).toEqual(new Set(allFaults.map(({ name }) => name)));
});
