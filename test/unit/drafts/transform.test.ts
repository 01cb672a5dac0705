import { setTimeout } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import type { MappedRecord, TransformFunction } from '../../../src/config/transform-schema.ts';
import { operationsOf } from '../records/tuples.ts';
import { draftsOf, finished, finisherOf, type Row } from './draft-case.ts';

const SECRET = 'geheim 4711';

class GeocodingError extends Error {}

async function failure(apply: TransformFunction): Promise<string> {
  const [step] = await finished(apply, ['1', SECRET]);
  if (step?.kind !== 'unfit') throw new Error(`it became ${step?.kind}`);
  expect(step.problem).toBe('transform-failed');
  expect(step.message).not.toContain('geheim');
  return step.message;
}

const raise = (error: unknown) => () => {
  throw error;
};

test('what a function throws is told by class, code and place, and not by its message', async () => {
  expect(await failure((record) => raise(new GeocodingError(`no ${record['note']}`))())).toMatch(
    /^public\.audit_log: transform threw GeocodingError at transform\.test\.ts:\d+:\d+, in the transaction at 0\/1776B48$/,
  );
  expect(
    await failure(async () => raise(Object.assign(new TypeError(SECRET), { code: 'ECONNREFUSED' }))()),
  ).toContain('transform rejected with TypeError ECONNREFUSED at transform.test.ts:');
  expect(
    await failure(
      raise(new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ENOTFOUND' }) })),
    ),
  ).toContain('threw TypeError ENOTFOUND at');
  expect(await failure(raise(new DOMException(SECRET, 'TimeoutError')))).toContain('threw TimeoutError');
});

test.each([
  ['a text', SECRET, 'no Error but a value of type string'],
  ['null', null, 'no Error but null'],
  ['undefined', undefined, 'no Error but a value of type undefined'],
  ['a name from the row', Object.assign(new Error('x'), { name: SECRET, stack: '' }), 'threw Error,'],
  ['a code from the row', Object.assign(new Error('x'), { code: SECRET, stack: '' }), 'threw Error,'],
  [
    'a message that looks like a place',
    Object.assign(new Error(`x\n    at f (${SECRET}:1:2)`), { name: 'Error' }),
    'at transform.test.ts:',
  ],
  ['a message that was changed', Object.assign(new Error(SECRET), { message: 'y' }), 'threw Error'],
])('%s thrown tells nothing of the row', async (_, thrown, text) => {
  expect(await failure(raise(thrown))).toContain(text);
});

test('the others go on', async () => {
  const apply = (record: MappedRecord) => (record['id'] === 2 ? raise(new Error('x'))() : record);
  const steps = await finished(apply, ['1', 'a'], ['2', 'b'], ['3', 'c']);
  expect(steps.map(({ kind }) => kind)).toEqual(['update', 'unfit', 'update']);
});

test('any object with a then is waited for', async () => {
  const apply = (record: MappedRecord) =>
    // biome-ignore lint/suspicious/noThenProperty: that is what is tested.
    ({ then: (resolve: (value: object) => void) => resolve({ ...record, late: true }) }) as Promise<object>;
  expect(operationsOf(await finished(apply, ['1', 'a']))[0]?.body).toMatchObject({ late: true });
});

test('no more than 32 are waited for at once, and they begin in order', async () => {
  const begun: unknown[] = [];
  let running = 0;
  let most = 0;
  const apply = async (record: MappedRecord) => {
    begun.push(record['id']);
    running += 1;
    most = Math.max(most, running);
    await setTimeout(1);
    running -= 1;
    return record;
  };
  const rows = Array.from({ length: 200 }, (_, id): Row => [String(id), 'a']);
  const steps = await finished(apply, ...rows);
  expect(most).toBe(32);
  expect(begun).toEqual(rows.map(([id]) => Number(id)));
  expect(operationsOf(steps).map(({ objectID }) => objectID)).toEqual(rows.map(([id]) => id));
});

test('one that never answers is given up, and what it says afterwards changes nothing', async () => {
  let answer: (record: object) => void = () => undefined;
  const apply = (record: MappedRecord) =>
    record['id'] === 1 ? new Promise<object>((resolve) => (answer = resolve)) : record;
  const rows: readonly Row[] = [
    ['1', SECRET],
    ['2', 'b'],
  ];
  const { ready } = await finisherOf(apply, { transformMaxMs: 20 }).finish(draftsOf(apply, rows));
  answer({});
  expect(ready.map(({ kind }) => kind)).toEqual(['unfit', 'update']);
  expect(ready[0]).toMatchObject({
    problem: 'transform-failed',
    message: 'public.audit_log: transform gave no answer in 0.02 s, in the transaction at 0/1776B48',
  });
});

test('whoever waits long is told, and told when it is over', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const told: (string | undefined)[] = [];
    const apply = () => new Promise<object>(() => undefined);
    const finishing = finisherOf(apply, { onWaiting: (reason) => told.push(reason) }).finish(
      draftsOf(apply, [['1', 'a']]),
    );
    await vi.advanceTimersByTimeAsync(4_999);
    expect(told).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(told).toEqual(['records wait for the transform of public.audit_log']);
    await vi.advanceTimersByTimeAsync(25_000);
    const { ready } = await finishing;
    expect(ready[0]).toMatchObject({ kind: 'unfit', message: expect.stringContaining('in 30 s') });
    expect(told.slice(1)).toEqual([undefined]);
  } finally {
    vi.useRealTimers();
  }
});

test('functions that compute for long leave the process its turns', async () => {
  let turns = 0;
  const counting = setInterval(() => (turns += 1), 1);
  const apply = (record: MappedRecord) => {
    const untilMs = performance.now() + 30;
    while (performance.now() < untilMs);
    return record;
  };
  const rows = Array.from({ length: 40 }, (_, id): Row => [String(id), 'a']);
  await finished(apply, ...rows);
  clearInterval(counting);
  expect(turns).toBeGreaterThan(10);
});
