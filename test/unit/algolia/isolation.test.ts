import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { MassRefusalError } from '../../../src/errors.ts';
import { operation, position } from './operations.ts';
import { type RefusalNames, refusingIndex } from './refusing-index.ts';

const ids = (count: number): string[] => Array.from({ length: count }, (_, at) => String(at));
const shapes: readonly RefusalNames[] = ['fields', 'message', 'nothing', 'the wrong one'];

describe.each(shapes)('a refusal that names the record by %s', (names) => {
  test('whatever is refused, the rest is written, in order and once', async () => {
    const badOnes = fc.uniqueArray(fc.integer({ min: 0, max: 49 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(badOnes, async (bad) => {
        const isBad = (id: string): boolean => bad.includes(Number(id));
        const { write, done, taken, results, errors } = refusingIndex(isBad, names);
        write([...ids(50).map((id) => operation(id)), position(9n)]);
        await done();
        expect(errors).toEqual([]);
        expect(taken).toEqual(ids(50).filter((id) => !isBad(id)));
        const setAside = results[0]?.letters.setAside.map(({ objectID }) => objectID) ?? [];
        expect(setAside).toEqual(ids(50).filter(isBad));
        expect(results[0]).toMatchObject({ records: 50 - bad.length, position: { lsn: 9n } });
      }),
    );
  });
});

test('by its name a refused record costs three requests, however large the batch', async () => {
  const { write, done, requests } = refusingIndex((id) => id === '700', 'fields');
  write(ids(1_000).map((id) => operation(id)));
  await done();
  expect(requests.map(({ length }) => length)).toEqual([1_000, 700, 1, 299]);
});

test('a deletion that is refused is set aside as one', async () => {
  const { write, done, results } = refusingIndex((id) => id === '1', 'nothing');
  write([operation('1', { kind: 'delete' }), operation('2')]);
  await done();
  const letter = { objectID: '1', action: 'delete', record: undefined, httpStatus: 400 };
  expect(results[0]?.letters.setAside).toMatchObject([letter]);
  expect(results[0]).toMatchObject({ records: 1, deleted: 0 });
});

test('the letter holds the record as it was sent, with the commit that brought it', async () => {
  const { write, done, results } = refusingIndex(() => true, 'fields');
  const wal =
    '"wal":{"lsn":"16/B374D848","xid":7,"committed_at":"2026-11-25T01:02:03.004005Z","committed_at_ms":1795568523004}';
  write([operation('ü', { body: `,"a":1e2,${wal}` })]);
  await done();
  expect(results[0]?.letters.setAside).toMatchObject([
    {
      table: 'public.audit_log',
      index: 'a',
      objectID: 'ü',
      action: 'update',
      reason: 'refused',
      message: 'record is too big',
      lsn: 0x16b374d848n,
      committedAt: '2026-11-25T01:02:03.004005Z',
      record: `{"objectID":"ü","a":1e2,${wal}}`,
    },
  ]);
});

describe('so many refused that it is not the records', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  test.each(shapes)(
    'more than half of a batch: waits, sets none aside, and goes on once mended (%s)',
    async (names) => {
      let isMended = false;
      const onRetry = vi.fn();
      const { write, results, errors, taken } = refusingIndex((id) => !isMended && id < '6', names, {
        onRetry,
      });
      write(ids(100).map((id) => operation(id)));
      await vi.advanceTimersByTimeAsync(3_000);
      expect(results).toEqual([]);
      expect(onRetry).toHaveBeenCalledTimes(1);
      expect(onRetry.mock.calls[0]?.[0]).toMatchObject({ waits: true, error: expect.any(MassRefusalError) });
      isMended = true;
      await vi.advanceTimersByTimeAsync(1_000);
      expect(errors).toEqual([]);
      expect(results).toMatchObject([{ records: 100, letters: { setAside: [] } }]);
      expect(new Set(taken).size).toBe(100);
    },
  );

  test('half of a batch is still about the records', async () => {
    const { write, results } = refusingIndex((id) => Number(id) % 2 === 0, 'fields');
    write(ids(100).map((id) => operation(id)));
    await vi.advanceTimersByTimeAsync(0);
    expect(results[0]?.letters.setAside).toHaveLength(50);
  });

  test('many one after the other, each in a batch of its own', async () => {
    const onRetry = vi.fn();
    const { write, results } = refusingIndex(() => true, 'nothing', { onRetry });
    for (const id of ids(101)) {
      write([operation(id)]);
      await vi.advanceTimersByTimeAsync(0);
    }
    expect(results).toHaveLength(100);
    expect(onRetry).toHaveBeenCalledTimes(1);
  });

  test('and not one of them more while it waits, however often it is tried', async () => {
    let isMended = false;
    const { write, results, taken } = refusingIndex(() => !isMended, 'nothing');
    for (const id of ids(101)) {
      write([operation(id)]);
      await vi.advanceTimersByTimeAsync(0);
    }
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(results).toHaveLength(100);
    isMended = true;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(taken).toEqual(['100']);
    expect(results[100]?.letters.setAside).toEqual([]);
  });

  test('two bad ones at the head of a batch whose rest is taken do not hold it up, whatever was refused before', async () => {
    const { write, results, errors } = refusingIndex((id) => id < '2', 'fields');
    for (let time = 0; time < 100; time += 1) {
      write([operation('0')]);
      await vi.advanceTimersByTimeAsync(0);
    }
    write(['0', '1', '2', '3'].map((id) => operation(id)));
    await vi.advanceTimersByTimeAsync(0);
    expect(errors).toEqual([]);
    expect(results[100]).toMatchObject({
      records: 2,
      letters: { setAside: [{ objectID: '0' }, { objectID: '1' }] },
    });
  });

  test('they are set aside where the operator says so', async () => {
    const { write, results } = refusingIndex(() => true, 'fields', { massRefusals: 'set-aside' });
    write(ids(150).map((id) => operation(id)));
    await vi.advanceTimersByTimeAsync(0);
    expect(results[0]?.letters.setAside).toHaveLength(150);
  });

  test('not where one in between is taken', async () => {
    const { write, results } = refusingIndex((id) => id !== '50', 'nothing');
    for (const id of ids(140)) {
      write([operation(id)]);
      await vi.advanceTimersByTimeAsync(0);
    }
    expect(results).toHaveLength(140);
  });
});

test('what was refused before and is written now settles its dead letter; what is refused again does not', async () => {
  const letters = {
    isEmpty: false,
    isExact: true,
    mayHold: (_: string, objectID: string) => ['1', '2', '3'].includes(objectID),
    mayHoldTable: () => false,
  };
  const { write, done, results } = refusingIndex((id) => id === '2', 'fields', { letters });
  write([operation('1'), operation('2'), operation('3', { kind: 'delete' }), operation('4')]);
  await done();
  expect(results[0]?.letters).toMatchObject({
    settled: [
      { index: 'a', objectID: '1' },
      { index: 'a', objectID: '3' },
    ],
    setAside: [{ objectID: '2' }],
  });
});

test('a batch of nothing but known dead letters is no mass of refusals', async () => {
  const letters = { isEmpty: false, isExact: true, mayHold: () => true, mayHoldTable: () => false };
  const { write, done, results, errors } = refusingIndex(() => true, 'fields', { letters });
  write(ids(150).map((id) => operation(id)));
  await done();
  expect(errors).toEqual([]);
  expect(results[0]?.letters.setAside).toHaveLength(150);
});

test.each(shapes)(
  'a batch of thousands of them ends, and does not send most of it again for each (%s)',
  async (names) => {
    const letters = { isEmpty: false, isExact: true, mayHold: () => true, mayHoldTable: () => false };
    const { write, done, results, errors, requests } = refusingIndex((id) => id !== '2500', names, {
      letters,
    });
    write(ids(5_000).map((id) => operation(id)));
    await done();
    expect(errors).toEqual([]);
    expect(results[0]).toMatchObject({ records: 1, letters: { settled: [{ objectID: '2500' }] } });
    expect(results[0]?.letters.setAside).toHaveLength(4_999);
    const sent = requests.reduce((sum, { length }) => sum + length, 0);
    expect([requests.length < 15_000, sent < 150_000]).toEqual([true, true]);
  },
);
