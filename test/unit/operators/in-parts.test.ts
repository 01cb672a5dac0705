import { defer, EMPTY, lastValueFrom, of, toArray } from 'rxjs';
import { expect, test } from 'vitest';
import { inParts, type Parts } from '../../../src/operators/in-parts.ts';

/** The first `count` of them. */
const firstOf =
  (count: number) =>
  async (items: readonly number[]): Promise<Parts<number>> => ({
    part: items.slice(0, count),
    rest: items.slice(count),
  });
const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at);

test('each part is made when the one before is written, and not before', async () => {
  const told: string[] = [];
  const next = (items: readonly number[]): Promise<Parts<number>> => {
    told.push(`next ${items}`);
    return firstOf(2)(items);
  };
  const write = (part: readonly number[]) =>
    defer(async () => {
      told.push(`write ${part}`);
      await Promise.resolve();
      told.push('written');
      return part.length;
    });
  const parts = await lastValueFrom(inParts(upTo(5), next, write).pipe(toArray()));
  expect(parts).toEqual([2, 2, 1]);
  expect(told).toEqual([
    ...['next 0,1,2,3,4', 'write 0,1', 'written'],
    ...['next 2,3,4', 'write 2,3', 'written'],
    ...['next 4', 'write 4', 'written'],
  ]);
});

test('an empty part is written only where it is the last', async () => {
  const parts: (readonly number[])[] = [];
  const write = (part: readonly number[]) => {
    parts.push(part);
    return EMPTY;
  };
  const answers: Parts<number>[] = [
    { part: [], rest: [1] },
    { part: [], rest: [] },
  ];
  const next = async (): Promise<Parts<number>> => answers.shift() ?? { part: [9], rest: [] };
  await lastValueFrom(inParts([1], next, write), { defaultValue: undefined });
  expect(parts).toEqual([[]]);
});

test('ten thousand parts are no deeper a stack than one', async () => {
  const parts = await lastValueFrom(inParts(upTo(10_000), firstOf(1), (part) => of(part[0])).pipe(toArray()));
  expect(parts).toEqual(upTo(10_000));
});

test('unsubscribed, it asks for no more, and a failure ends it', async () => {
  let asked = 0;
  const next = (items: readonly number[]): Promise<Parts<number>> => {
    asked += 1;
    return firstOf(1)(items);
  };
  await new Promise<void>((resolve) => {
    const line = inParts(upTo(5), next, (part) => of(part)).subscribe(() => {
      queueMicrotask(() => {
        line.unsubscribe();
        resolve();
      });
    });
  });
  expect(asked).toBeLessThan(3);
  const failing = inParts(upTo(5), () => Promise.reject(new Error('no')), of);
  await expect(lastValueFrom(failing)).rejects.toThrow('no');
});
