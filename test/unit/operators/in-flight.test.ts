import { Subject } from 'rxjs';
import { expect, test } from 'vitest';
import { InFlight } from '../../../src/operators/in-flight.ts';

function counted() {
  const calls: string[] = [];
  const inFlight = new InFlight(
    { pause: () => calls.push('pause'), resume: () => calls.push('resume') },
    100,
  );
  const entering = new Subject<number>();
  const leaving = new Subject<number>();
  entering.pipe(inFlight.enter((bytes) => bytes)).subscribe();
  leaving.pipe(inFlight.leave((bytes) => bytes)).subscribe();
  return { calls, inFlight, entering, leaving };
}

test('pauses once above the high mark and resumes once below half of it', () => {
  const { calls, inFlight, entering, leaving } = counted();
  entering.next(100);
  expect(calls).toEqual([]);
  entering.next(1);
  entering.next(50);
  expect(calls).toEqual(['pause']);
  leaving.next(100);
  expect(inFlight.bytes).toBe(51);
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
