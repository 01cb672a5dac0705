import { expect, test } from 'vitest';
import { allFaults } from './storm/faults.ts';
import { stormPlan } from './storm/plan.ts';

const named = (seed: number, strikes: number) =>
  stormPlan(seed, allFaults, strikes).map((step) =>
    step.map(({ fault, seed: own }) => `${fault.name} ${own}`),
  );
const names = allFaults.map(({ name }) => name).sort();

test('the same seed plans the same storm, another one another', () => {
  expect(named(1, 100)).toEqual(named(1, 100));
  expect(named(1, 100)).not.toEqual(named(2, 100));
});

test('every fault strikes before any strikes again', () => {
  const struck = stormPlan(3, allFaults, 2 * names.length).flatMap((step) =>
    step.map(({ fault }) => fault.name),
  );
  expect(struck.slice(0, names.length).sort()).toEqual(names);
  expect(struck.slice(names.length).sort()).toEqual(names);
  expect(new Set(names).size).toBe(names.length);
});

test('what strikes at the same time strikes different sides, and never a process that others must remember', () => {
  const pairs = stormPlan(4, allFaults, 5_000).filter((step) => step.length === 2);
  expect(pairs.length).toBeGreaterThan(500);
  for (const [one, other] of pairs) {
    expect(one?.fault.side).not.toBe(other?.fault.side);
    const outlives = one?.fault.outlivesProcess || other?.fault.outlivesProcess;
    expect(outlives && [one?.fault.side, other?.fault.side].includes('process')).toBeFalsy();
  }
});
