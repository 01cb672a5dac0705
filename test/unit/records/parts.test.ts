import { expect, test } from 'vitest';
import type { Lsn } from '../../../src/lsn.ts';
import type { Step } from '../../../src/records/operations.ts';
import { partsAt } from '../../../src/records/parts.ts';

const position = (lsn: bigint): Step => ({
  kind: 'position',
  lsn: lsn as Lsn,
  committedAtMicros: undefined,
});
const step = (objectID: string): Step => ({ kind: 'unchanged', index: 't', objectID });

test('no position goes with the first part: the last of them is passed with the rest', () => {
  const steps = [step('1'), position(10n), step('2'), position(20n), step('3'), step('4')];
  expect(partsAt(steps, 5)).toEqual({
    part: [step('1'), step('2'), step('3')],
    rest: [position(20n), step('4')],
  });
});

test('without a position nothing is added', () => {
  expect(partsAt([step('1'), step('2')], 1)).toEqual({ part: [step('1')], rest: [step('2')] });
});
