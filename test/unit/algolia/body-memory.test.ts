import { expect, test } from 'vitest';
import { BodyMemory } from '../../../src/algolia/body-memory.ts';
import { TransientError } from '../../../src/algolia/failures.ts';
import { createWriter } from '../../../src/algolia/writer.ts';
import type { Step } from '../../../src/records/operations.ts';
import { unasked } from './operations.ts';

test('only what was given back is used again, and only where it is large enough', () => {
  const memory = new BodyMemory();
  const first = memory.take(10);
  const second = memory.take(10);
  expect(second.buffer).not.toBe(first.buffer);
  memory.giveBack(first);
  expect(memory.take(5_000_000).buffer).not.toBe(first.buffer);
  const again = memory.take(20);
  expect([again.buffer === first.buffer, again.length]).toEqual([true, 20]);
  expect(memory.take(10).buffer).not.toBe(first.buffer);
});

test('a body whose first attempt failed is never written over: somebody may still be sending it', async () => {
  const text = '{"action":"updateObject","body":{"objectID":"1"}}';
  const bytes = Buffer.from(text);
  const steps: Step[] = [
    { kind: 'update', table: 't', index: 'a', objectID: '1', bytes, start: 0, end: bytes.length },
  ];
  const bodies: Uint8Array[] = [];
  let failing = true;
  const writer = createWriter({
    algolia: {
      browse: unasked,
      isPublished: unasked,
      batch: async (_index, body) => {
        bodies.push(body);
        if (!failing) return { taskID: 1 };
        failing = false;
        const cause = new Error('reset');
        throw new TransientError('writing', { cause, status: undefined, outcomeUnknown: true });
      },
    },
    fence: async () => undefined,
    random: () => 0,
  });
  for (let write = 0; write < 3; write++) {
    await new Promise<void>((complete, error) => writer.write(steps).subscribe({ complete, error }));
  }
  const memories = bodies.map(({ buffer }) => buffer);
  expect(memories[1]).toBe(memories[0]);
  expect(memories[2]).not.toBe(memories[0]);
  expect(memories[3]).toBe(memories[2]);
});
