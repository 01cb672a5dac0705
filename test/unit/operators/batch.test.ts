import { EMPTY, NEVER, of, throwError, timer } from 'rxjs';
import { delay, map, mergeMap } from 'rxjs/operators';
import { TestScheduler } from 'rxjs/testing';
import { expect, test } from 'vitest';
import { batch } from '../../../src/operators/batch.ts';

/** Digits weigh their value, a dot weighs nothing, as a position does. */
const weigh = (item: string): number => (item === '.' ? 0 : Number(item));
const limits = { weigh, recordsMax: 100, bytesMax: 1_000, lingerMs: 0 };
const runs = { a: ['1'], b: ['1', '1', '1'], c: ['5', '5'], p: ['.'], m: ['1', '.'] };

function marbles(run: Parameters<TestScheduler['run']>[0]): void {
  new TestScheduler((actual, wanted) => expect(actual).toEqual(wanted)).run(run);
}

const join = (items: readonly string[]) => items.join('');

test('the first run goes at once; what comes during a write goes together after it', () => {
  marbles(({ cold, expectObservable }) => {
    const write = (items: readonly string[]) => of(join(items)).pipe(delay(3));
    const source = cold('                                      a-a-a--|');
    const runOf = source.pipe(map(() => ['1']));
    expectObservable(runOf.pipe(batch(limits, write))).toBe('  ---x--y--(z|)', { x: '1', y: '1', z: '1' });
    const busy = cold('aaaa-|', runs);
    expectObservable(busy.pipe(batch(limits, write))).toBe('   ---x--(y|)', { x: '1', y: '111' });
  });
});

test('a batch closes on records and on bytes, and keeps the order', () => {
  marbles(({ cold, expectObservable }) => {
    const write = (items: readonly string[]) => of(join(items)).pipe(delay(2));
    expectObservable(cold('b--|', runs).pipe(batch({ ...limits, recordsMax: 2 }, write))).toBe('--x-(y|)', {
      x: '11',
      y: '1',
    });
    expectObservable(cold('c--|', runs).pipe(batch({ ...limits, bytesMax: 9 }, write))).toBe('--x-(y|)', {
      x: '5',
      y: '5',
    });
  });
});

test('an item above the byte limit makes a batch of its own', () => {
  marbles(({ cold, expectObservable }) => {
    const write = (items: readonly string[]) => of(join(items));
    expectObservable(
      cold('(r|)', { r: ['1', '9', '1'] }).pipe(batch({ ...limits, bytesMax: 3 }, write)),
    ).toBe('(xyz|)', {
      x: '1',
      y: '9',
      z: '1',
    });
  });
});

test('items without weight count for no limit and ride behind what they follow', () => {
  marbles(({ cold, expectObservable }) => {
    const write = (items: readonly string[]) => of(join(items));
    const run = { r: ['1', '.', '1', '.', '.', '1', '.'] };
    expectObservable(cold('(r|)', run).pipe(batch({ ...limits, recordsMax: 2 }, write))).toBe('(xy|)', {
      x: '1.1..',
      y: '1.',
    });
  });
});

test('with a linger an incomplete batch waits its time, a full one and a weightless one do not', () => {
  marbles(({ cold, expectObservable }) => {
    const write = (items: readonly string[]) => of(join(items));
    const lingering = { ...limits, recordsMax: 3, lingerMs: 5 };
    expectObservable(cold('a--a------|', runs).pipe(batch(lingering, write))).toBe('-----x----|', {
      x: '11',
    });
    expectObservable(cold('a-b-------|', runs).pipe(batch(lingering, write))).toBe('--x----y--|', {
      x: '111',
      y: '1',
    });
    expectObservable(cold('p---------|', runs).pipe(batch(lingering, write))).toBe('x---------|', { x: '.' });
    expectObservable(cold('a-|', runs).pipe(batch(lingering, write))).toBe('--(x|)', { x: '1' });
  });
});

test('a write that is still running when the source completes delays completion; what waited is written', () => {
  marbles(({ cold, expectObservable }) => {
    const write = (items: readonly string[]) => of(join(items)).pipe(delay(4));
    expectObservable(cold('a-a|', runs).pipe(batch(limits, write))).toBe('----x---(y|)', { x: '1', y: '1' });
  });
});

test('an error of the source discards what waits and unsubscribes the write', () => {
  marbles(({ cold, expectObservable, expectSubscriptions }) => {
    const writing = cold('-----x|');
    expectObservable(cold('a-a#', runs).pipe(batch(limits, () => writing))).toBe('---#');
    expectSubscriptions(writing.subscriptions).toBe('^--!');
  });
});

test('an error of a write ends everything; nothing later is written', () => {
  const written: string[] = [];
  marbles(({ cold, expectObservable, flush }) => {
    const write = (items: readonly string[]) => {
      written.push(join(items));
      return timer(3).pipe(mergeMap(() => throwError(() => 'refused')));
    };
    expectObservable(cold('a-a-a|', runs).pipe(batch(limits, write))).toBe('---#', {}, 'refused');
    flush();
  });
  expect(written).toEqual(['1']);
});

test('unsubscribing cancels write and linger', () => {
  marbles(({ cold, expectObservable, expectSubscriptions }) => {
    const writing = cold('--------x|');
    const source = cold('a-a-----', runs);
    expectObservable(source.pipe(batch(limits, () => writing)), '---!').toBe('----');
    expectSubscriptions(writing.subscriptions).toBe('^--!');
    expectSubscriptions(source.subscriptions).toBe('^--!');
    expectObservable(cold('a---', runs).pipe(batch({ ...limits, lingerMs: 9 }, () => NEVER)), '--!').toBe(
      '---',
    );
  });
});

test('an empty source completes, an empty run writes nothing', () => {
  marbles(({ expectObservable, cold }) => {
    expectObservable(EMPTY.pipe(batch(limits, () => of('x')))).toBe('|');
    expectObservable(cold('e-|', { e: [] as string[] }).pipe(batch(limits, () => of('x')))).toBe('--|');
  });
});

test('under load an incomplete batch waits a little for more, whether or not there was a write before', () => {
  marbles(({ cold, expectObservable }) => {
    const write = (items: readonly string[]) => of(String(items.length));
    const bytesMax = 1_000_000;
    const large = Array.from({ length: 50 }, () => '2000');
    const source = cold('a-b 30ms c|', { a: large, b: ['1'], c: large });
    expectObservable(source.pipe(batch({ ...limits, bytesMax }, write))).toBe('20ms x 13ms (y|)', {
      x: '51',
      y: '50',
    });
  });
});
