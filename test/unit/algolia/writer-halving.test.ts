import { expect, test } from 'vitest';
import { operation } from './operations.ts';
import { harness, tooLarge, turns } from './writer-case.ts';

test('413 halves, in order, as often as it takes; each half stands behind the fence and has its task', async () => {
  const { write, requests, request, results, fence } = harness();
  write(['1', '2', '3', '4', '5'].map((id) => operation(id)));
  await turns();
  request(0).fail(tooLarge);
  await turns();
  request(1).fail(tooLarge);
  await turns();
  for (const [at, taskID] of [
    [2, 10],
    [3, 11],
    [4, 12],
  ] as const) {
    request(at).accept(taskID);
    await turns();
  }
  expect(requests.map(({ ids }) => ids.join(''))).toEqual(['12345', '123', '12', '3', '45']);
  expect(fence).toHaveBeenCalledTimes(5);
  expect(results).toMatchObject([{ records: 5, tasks: [{ taskID: 10 }, { taskID: 11 }, { taskID: 12 }] }]);
});

test('a single record that is too large for a request is set aside, and what is behind it is written', async () => {
  const { write, requests, request, errors, results } = harness();
  write([operation('1'), operation('2')]);
  await turns();
  request(0).fail(tooLarge);
  await turns();
  request(1).fail(tooLarge);
  await turns();
  request(2).accept(7);
  await turns();
  expect(errors).toEqual([]);
  expect(requests.map(({ ids }) => ids.join(''))).toEqual(['12', '1', '2']);
  const letter = { objectID: '1', reason: 'refused', httpStatus: 413 };
  expect(results).toMatchObject([{ records: 1, tasks: [{ taskID: 7 }], letters: { setAside: [letter] } }]);
});
