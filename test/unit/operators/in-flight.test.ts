import { Subject } from 'rxjs';
import { expect, test } from 'vitest';
import { InFlight } from '../../../src/operators/in-flight.ts';

function counted() {
  const calls: string[] = [];
  const seen: number[] = [];
  const valve = { pause: () => calls.push('pause'), resume: () => calls.push('resume') };
  const inFlight = new InFlight(valve, 100, (bytes) => seen.push(bytes));
  const entering = new Subject<number>();
  const leaving = new Subject<number>();
  entering.pipe(inFlight.enter((bytes) => bytes)).subscribe();
  leaving.pipe(inFlight.leave((bytes) => bytes)).subscribe();
  return { calls, seen, entering, leaving };
}

test('pauses once above the high mark and resumes once below half of it', () => {
  const { calls, seen, entering, leaving } = counted();
  entering.next(100);
  expect(calls).toEqual([]);
  entering.next(1);
  entering.next(50);
  expect(calls).toEqual(['pause']);
  leaving.next(100);
  expect(seen.at(-1)).toBe(51);
  expect(calls).toEqual(['pause']);
  leaving.next(2);
  leaving.next(49);
  expect(calls).toEqual(['pause', 'resume']);
  entering.next(200);
  expect(calls).toEqual(['pause', 'resume', 'pause']);
});

test('one value above the mark passes, and the valve opens again behind it', () => {
  const { calls, entering, leaving } = counted();
  entering.next(1_000);
  leaving.next(1_000);
  expect(calls).toEqual(['pause', 'resume']);
});
