import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RecordCounter } from '../../bench/record-counter.ts';

const body = (count: number): Buffer =>
  Buffer.from(
    JSON.stringify({
      requests: Array.from({ length: count }, (_, id) => ({
        action: 'updateObject',
        body: { objectID: String(id), action: 'report.renamed' },
      })),
    }),
  );

test('each record is counted once, wherever the chunks are cut', () => {
  fc.assert(
    fc.property(fc.nat(20), fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (count, sizes) => {
      const counter = new RecordCounter();
      const bytes = body(count);
      for (let at = 0, n = 0; at < bytes.length; n++) {
        const end = at + (sizes[n % sizes.length] ?? 1);
        counter.add(bytes.subarray(at, end));
        at = end;
      }
      expect(counter.count).toBe(count);
    }),
  );
});
