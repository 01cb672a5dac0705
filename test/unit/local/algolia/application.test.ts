import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Application, type Write } from '../../../../src/local/algolia/application.ts';
import { waitFor } from '../../../support/wait-for.ts';

const INDICES = ['a', 'b', 'c'];
const index = fc.constantFrom(...INDICES);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('set' as const), index }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('copy' as const, 'move' as const), index, to: index }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('clear' as const, 'drop' as const), index }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'turn' as const }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function writeOf(given: Exclude<Step, { kind: 'turn' }>, place: number): Write {
  const objectID = String(place);
  switch (given.kind) {
    case 'set':
      return {
        index: given.index,
        operations: [{ kind: 'set', objectID, record: Buffer.from(`{"objectID":"${place}"}`) }],
      };
    case 'copy':
      return { index: given.index, operations: [{ kind: 'copy', to: given.to, scope: 'all' }] };
    case 'move':
      return { index: given.index, operations: [{ kind: 'move', to: given.to }] };
    case 'clear':
    case 'drop':
      return { index: given.index, operations: [{ kind: given.kind }] };
  }
}

/** What the steps amount to one after the other. */
function expected(steps: readonly Step[]): Record<string, string[]> {
  const ids = new Map<string, string[]>();
  steps.forEach((given, place) => {
    if (given.kind === 'turn') return;
    const own = ids.get(given.index);
    if (given.kind === 'set') ids.set(given.index, [...(own ?? []), String(place)]);
    else if (given.kind === 'copy') ids.set(given.to, [...(own ?? [])]);
    else if (given.kind === 'clear' && own !== undefined) ids.set(given.index, []);
    else if (given.kind !== 'clear') ids.delete(given.index);
    if (given.kind === 'move' && own !== undefined) ids.set(given.to, own);
  });
  return Object.fromEntries([...ids].sort());
}

function actual({ indices }: Application): Record<string, string[]> {
  return Object.fromEntries(
    [...indices]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, { store }]) => {
        const slots = Array.from({ length: store.slots }, (_, slot) => store.objectID(slot));
        return [name, slots.filter((objectID) => objectID !== undefined)];
      }),
  );
}

test('however far one index is behind another, copies and moves see what was accepted before them', async () => {
  const steps = fc.array(step, { minLength: 1, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(steps, fc.constantFrom(0, 1), async (generated, taskDelayMs) => {
      const given = generated.filter((one) => !('to' in one) || one.to !== one.index);
      const application = new Application({ dataDir: undefined, taskDelayMs, keepJournal: true });
      let accepted = 0;
      for (const [place, one] of given.entries()) {
        if (one.kind === 'turn') await new Promise((resolve) => setImmediate(resolve));
        else accepted += application.accept([writeOf(one, place)]).length;
      }
      await waitFor(() => INDICES.every((name) => application.pendingTasks(name) === 0), {
        description: 'all tasks to take effect',
        intervalMs: 0,
      });
      expect(actual(application)).toEqual(expected(given));
      const { applied } = application.journal;
      expect(applied).toHaveLength(accepted);
      expect(new Set(applied).size).toBe(accepted);
      application.close();
    }),
    { numRuns: 300 },
  );
});
