import { expect, test } from 'vitest';
import type { Step } from '../../../src/records/operations.ts';
import { partsBeforeRefresh, partsOf } from '../../../src/records/parts.ts';
import { refreshSteps } from '../../../src/records/refresh-message.ts';
import { position } from '../algolia/operations.ts';

const step = (objectID: string): Step => ({ kind: 'unchanged', index: 't', objectID });
const [refresh] = refreshSteps([{ table: 'public.t', objectID: '9' }], {}, 100) as readonly [Step];

test('no position goes with the first part: the last of them is passed with the rest', () => {
  const ready = [step('1'), position(10n), step('2'), position(20n), step('3')];
  expect(partsOf({ ready, rest: [step('4'), position(30n)] })).toEqual({
    part: [step('1'), step('2'), step('3')],
    rest: [position(20n), step('4'), position(30n)],
  });
});

test('without a position nothing is added', () => {
  expect(partsOf({ ready: [step('1')], rest: [step('2')] })).toEqual({
    part: [step('1')],
    rest: [step('2')],
  });
});

test('the last part keeps its positions where they are', () => {
  const ready = [step('1'), position(10n), step('2'), position(20n)];
  expect(partsOf({ ready, rest: [] })).toEqual({ part: ready, rest: [] });
  expect(partsBeforeRefresh(ready)).toEqual({ part: ready, rest: [] });
});

test('what was not read is left with all behind it', () => {
  expect(partsBeforeRefresh([step('1'), position(10n), refresh, step('2'), position(20n)])).toEqual({
    part: [step('1')],
    rest: [position(10n), refresh, step('2'), position(20n)],
  });
});
