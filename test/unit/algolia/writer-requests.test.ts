import { expect, test } from 'vitest';
import { operation, position } from './operations.ts';
import { harness, turns } from './writer-case.ts';

test('a batch becomes one request per index; what is accepted is told with its tasks and the last position', async () => {
  const { write, requests, request, results } = harness();
  const steps = [
    operation('1'),
    operation('2', { index: 'b' }),
    position(10n),
    operation('1', { body: ',"x":1' }),
    operation('3', { kind: 'delete' }),
    position(20n),
  ];
  write(steps);
  await turns();
  expect(requests.map(({ index, ids }) => [index, ids])).toEqual([
    ['a', ['1', '3']],
    ['b', ['2']],
  ]);
  request(1).accept(50);
  await turns();
  expect(results).toEqual([]);
  request(0).accept(40);
  await turns();
  const bytes = steps.reduce((sum, step) => sum + (step.kind === 'position' ? 0 : step.end - step.start), 0);
  const facts = { position: steps.at(-1), records: 3, deleted: 1, bytes, acceptedAtMs: 7 };
  const tasks = expect.arrayContaining([
    { index: 'a', taskID: 40 },
    { index: 'b', taskID: 50 },
  ]);
  const letters = { settled: [], emptied: [], setAside: [] };
  expect(results).toEqual([{ ...facts, tasks, letters }]);
});

test('positions alone, and nothing at all, cost neither a request nor a fence', async () => {
  const { write, requests, results, fence } = harness();
  write([position(1n), position(2n)]);
  write([]);
  await turns();
  expect(results).toMatchObject([
    { position: { lsn: 2n }, tasks: [], records: 0, bytes: 0 },
    { position: undefined, tasks: [] },
  ]);
  expect(requests).toEqual([]);
  expect(fence).not.toHaveBeenCalled();
});

test('a written batch can be written again from the start', async () => {
  const { writer, requests, request } = harness();
  const written = writer.write([operation('1')]);
  written.subscribe();
  await turns();
  request(0).accept(1);
  written.subscribe();
  await turns();
  expect(requests).toHaveLength(2);
});
