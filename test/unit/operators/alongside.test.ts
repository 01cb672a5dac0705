import { of } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { expect, test } from 'vitest';
import { alongside } from '../../../src/operators/alongside.ts';

const marbles = (work: Parameters<TestScheduler['run']>[0]) =>
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(work);

test('both are let through until the source completes', () => {
  marbles(({ cold, expectObservable }) => {
    const source = cold('-a---b--|');
    expectObservable(source.pipe(alongside(cold('--x---y---z')))).toBe('-ax--by-|');
    expectObservable(source.pipe(alongside(cold('-|')))).toBe('-a---b--|');
  });
});

test('either of them may fail, which ends both', () => {
  marbles(({ cold, expectObservable, expectSubscriptions }) => {
    const other = cold('--x----');
    expectObservable(cold('-a-#').pipe(alongside(other))).toBe('-ax#');
    expectSubscriptions(other.subscriptions).toBe('^--!');
    expectObservable(cold('-a---').pipe(alongside(cold('--#')))).toBe('-a#');
  });
});

test('a source that has completed before it is subscribed to', () => {
  marbles(({ cold, expectObservable }) => {
    expectObservable(of('a').pipe(alongside(cold('---x---')))).toBe('(a|)');
  });
});
