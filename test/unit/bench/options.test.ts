import { expect, test } from 'vitest';
import { UsageError } from '../../bench/bench-errors.ts';
import { parseOptions } from '../../bench/options.ts';
import { scenarios } from '../../bench/scenarios.ts';

test('without options every scenario is measured three times', () => {
  const options = parseOptions([]);
  expect(options.scenarios).toEqual(scenarios);
  expect(options).toMatchObject({ runs: 3, json: false, against: undefined, save: undefined });
});

test('scenarios are named, and may be made smaller', () => {
  const options = parseOptions(['--scenario', 'one-row', '--scenario=thousand', '--rows', '500']);
  expect(options.scenarios.map(({ name, rows }) => [name, rows])).toEqual([
    ['thousand', 500],
    ['one-row', 500],
  ]);
});

test('an argument for Node may begin with a dash', () => {
  expect(parseOptions(['--node-argument=--cpu-prof']).nodeArguments).toEqual(['--cpu-prof']);
});

test.each([
  [['--scenario', 'thousands'], 'there is no scenario thousands'],
  [['--rows', 'many'], '--rows is many: expected 1 or more'],
  [['--runs', '0'], '--runs is 0: expected 1 or more'],
  [['--postgres', 'docker'], '--postgres is docker: expected system or embedded'],
  [['--save', '../elsewhere'], '--save is ../elsewhere: expected letters, digits, . _ or -'],
  [['--fast'], /--fast/],
])('%j is wrong usage', (parameters, message) => {
  expect(() => parseOptions(parameters)).toThrow(UsageError);
  expect(() => parseOptions(parameters)).toThrow(message);
});

test('names of scenarios are unique and fit into a file name', () => {
  const names = scenarios.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z0-9-]+$/);
});
