import { describe, expect, test } from 'vitest';
import type { Plant } from '../support/planted-program.ts';
import type { LoadOptions } from './audit-log-load.ts';
import { CHECKS, type Check } from './storm/checks.ts';
import { type Fault, lasting } from './storm/fault.ts';
import { indexFaults } from './storm/index-faults.ts';
import { type StormOptions, storm } from './storm/storm.ts';

/** Nothing but load. */
const calm: Fault = { name: 'calm', side: 'index', strike: (stage) => lasting(stage, 1_500, 1_500) };
const named = (name: string): readonly Fault[] => indexFaults.filter((fault) => fault.name === name);
const frequentTruncation: LoadOptions = { truncateChance: 0.02 };

const writing = (kept: string): Plant => ({
  file: 'pipeline.js',
  find: 'writer.write(each)',
  replace: `writer.write(each.filter((step) => ${kept}))`,
});

type Planted = Pick<StormOptions, 'faults' | 'load'> & { readonly plant: Plant; readonly check: Check };

/** What each check is there to find, done to the program. */
const defects: Readonly<Record<string, Planted>> = {
  'a record is never written': {
    plant: writing("step.kind !== 'update' || !step.objectID.endsWith('7')"),
    check: 'lost',
  },
  'deletes are not written': { plant: writing("step.kind !== 'delete'"), check: 'extra' },
  'truncations are not written': {
    plant: writing("step.kind !== 'truncate'"),
    load: frequentTruncation,
    check: 'extra',
  },
  'a record is written once only': {
    plant: writing(
      "step.kind !== 'update' || !(globalThis.seen ??= new Set()).has(step.objectID) && globalThis.seen.add(step.objectID)",
    ),
    check: 'stale',
  },
  'the request before the last is sent again': {
    plant: {
      file: 'algolia/requests.js',
      find: 'const request = this.#options.algolia.batch(index, body)',
      replace: `const request = this.#options.algolia.batch(index, body).then(async (answer) => {
        const [again, last] = globalThis.bodies ?? [];
        globalThis.bodies = [last, Buffer.from(body)];
        if (again) await this.#options.algolia.batch(index, again);
        return answer;
      })`,
    },
    check: 'out of order',
  },
  'confirmed before the write': {
    plant: {
      file: 'pipeline.js',
      find: 'concatMap((each) => writer.write(each))',
      replace:
        "concatMap((each) => { const last = taken.findLast((step) => step.kind === 'position'); if (last) session.confirm(last.lsn); return writer.write(each); })",
    },
    faults: named('index: 503'),
    check: 'confirmed too early',
  },
  'confirmed when accepted': {
    plant: {
      file: 'algolia/publication.js',
      find: "if (options.confirmAfter === 'accepted')",
      replace: 'if (true)',
    },
    check: 'confirmed too early',
  },
  'truncations are confirmed and not written': {
    plant: writing("step.kind !== 'truncate'"),
    load: frequentTruncation,
    check: 'confirmed too early',
  },
  'what was written is kept in memory': {
    plant: {
      file: 'pipeline.js',
      find: 'tap(() => release(slab, taken))',
      replace:
        'tap(() => { for (const { bytes } of taken) if (bytes) (globalThis.kept ??= []).push(Buffer.alloc(100_000, 1)); release(slab, taken); })',
    },
    check: 'memory',
  },
};

describe('planted and caught', () => {
  test.each(Object.entries(defects))('%s', async (_name, { plant: defect, check, ...more }) => {
    const report = await storm({ seed: 1, steps: 1, faults: [calm], ...more, plants: [defect] });
    expect(new Set(report.problems.map((problem) => problem.check))).toContain(check);
  });

  test('every check has such a defect', () => {
    expect(new Set(Object.values(defects).map(({ check }) => check))).toEqual(new Set(CHECKS));
  });
});

test('without a defect the same load shows nothing', async () => {
  const load = frequentTruncation;
  const report = await storm({ seed: 1, steps: 2, faults: [calm, ...named('index: 503')], load });
  expect(report.problems).toEqual([]);
  expect(report.confirmations).toBeGreaterThan(100);
});
