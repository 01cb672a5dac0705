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

test('a single operation that is too large is refused, and nothing behind it is sent', async () => {
  const { write, requests, request, errors } = harness();
  write([operation('1'), operation('2')]);
  await turns();
  request(0).fail(tooLarge);
  await turns();
  request(1).fail(tooLarge);
  await turns();
  expect(errors).toEqual([tooLarge]);
  expect(requests).toHaveLength(2);
});
