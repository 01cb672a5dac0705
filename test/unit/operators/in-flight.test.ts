import { EMPTY, Subject } from 'rxjs';
import { expect, test } from 'vitest';
import { InFlight } from '../../../src/operators/in-flight.ts';

function counted() {
  const calls: string[] = [];
  const seen: number[] = [];
  const valve = { pause: () => calls.push('pause'), resume: () => calls.push('resume') };
  const inFlight = new InFlight(valve, 100, (bytes) => seen.push(bytes));
  const entering = new Subject<number>();
  entering.pipe(inFlight.enter((bytes) => bytes)).subscribe();
  const leave = (bytes: number) => EMPTY.pipe(inFlight.leave(() => bytes)).subscribe();
  return { calls, seen, entering, leave, inFlight };
}

test('pauses once above the high mark and resumes once below half of it', () => {
  const { calls, seen, entering, leave } = counted();
  entering.next(100);
  expect(calls).toEqual([]);
  entering.next(1);
  entering.next(50);
  expect(calls).toEqual(['pause']);
  leave(100);
  expect(seen.at(-1)).toBe(51);
  expect(calls).toEqual(['pause']);
  leave(2);
  leave(49);
  expect(calls).toEqual(['pause', 'resume']);
  entering.next(200);
  expect(calls).toEqual(['pause', 'resume', 'pause']);
});

test('one value above the mark passes, and the valve opens again behind it', () => {
  const { calls, entering, leave } = counted();
  entering.next(1_000);
  leave(1_000);
  expect(calls).toEqual(['pause', 'resume']);
});

test('what is made of some bytes in several parts gives them back once, behind the last part', () => {
  const { seen, entering, inFlight } = counted();
  const parts = new Subject<string>();
  parts.pipe(inFlight.leave(() => 80)).subscribe();
  entering.next(80);
  parts.next('one');
  parts.next('other');
  expect(seen).toEqual([80]);
  parts.complete();
  expect(seen).toEqual([80, 0]);
});
