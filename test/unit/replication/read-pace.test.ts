import { expect, test } from 'vitest';
import { ReadPace } from '../../../src/replication/read-pace.ts';

test('reads that are a millisecond or more apart are never held up', () => {
  const pace = new ReadPace();
  for (let ms = 0; ms < 100; ms++) expect(pace.afterRead(ms * 1.01)).toBe(0);
});

test('the fourth read within a millisecond is followed by a pause, and counting starts anew', () => {
  const pace = new ReadPace();
  const pauses = Array.from({ length: 12 }, (_, i) => pace.afterRead(i * 0.01));
  expect(pauses).toEqual([0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1]);
});
