import { describe, expect, test } from 'vitest';
import { drained } from '../support/line.ts';
import type { Plant } from '../support/planted-program.ts';
import { waitFor } from '../support/wait-for.ts';
import { CHECKS, type Check } from './storm/checks.ts';
import type { Fault } from './storm/fault.ts';
import { indexFaults } from './storm/index-faults.ts';
import { type StormOptions, storm } from './storm/storm.ts';

/** A slow machine takes many changes in few requests. */
const REQUESTS_MIN = 20;

/** Nothing but load, until it has done enough. */
const calm: Fault = {
  name: 'calm',
  side: 'index',
  strike: async ({ cluster, index }) => {
    const before = index.journal().arrived.length;
    await waitFor(
      async () => {
        const { rows } = await cluster.client.query<{ done: boolean }>(
          'SELECT count(*) >= 100 AS done FROM audit_log WHERE revision > 0',
        );
        return rows[0]?.done && index.journal().arrived.length >= before + REQUESTS_MIN;
      },
      { description: `100 rows that were changed, and ${REQUESTS_MIN} requests` },
    );
  },
};
/** Only records that are there can show that a truncation was not written. */
const calmAndTruncated: Fault = {
  ...calm,
  strike: async (stage, random) => {
    await calm.strike(stage, random);
    await drained(stage.cluster);
    await stage.cluster.client.query('TRUNCATE audit_log');
  },
};
const named = (name: string): readonly Fault[] => indexFaults.filter((fault) => fault.name === name);

const writing = (kept: string): Plant => ({
  file: 'pipeline.js',
  find: 'writer.write(steps)',
  replace: `writer.write(steps.filter((step) => ${kept}))`,
});

type Planted = Pick<StormOptions, 'faults' | 'load'> & {
  readonly plant: Plant;
  readonly shows: readonly Check[];
};

/** What each check is there to find, done to the program. */
const defects: Readonly<Record<string, Planted>> = {
  'a record is never written': {
    plant: writing("step.kind !== 'update' || !step.objectID.endsWith('7')"),
    shows: ['lost'],
  },
  'deletes are not written': { plant: writing("step.kind !== 'delete'"), shows: ['extra'] },
  'truncations are not written': {
    plant: writing("step.kind !== 'truncate'"),
    faults: [calmAndTruncated],
    shows: ['extra', 'confirmed too early'],
  },
  'a record is written once only': {
    plant: writing(
      "step.kind !== 'update' || !(globalThis.seen ??= new Set()).has(step.objectID) && globalThis.seen.add(step.objectID)",
    ),
    shows: ['stale'],
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
    shows: ['out of order'],
  },
  'confirmed before the write': {
    plant: {
      file: 'pipeline.js',
      find: 'writer.write(steps)',
      replace:
        "(() => { const last = steps.findLast((step) => step.kind === 'position'); if (last) session.confirm(last.lsn); return writer.write(steps); })()",
    },
    faults: named('index: 503'),
    shows: ['confirmed too early'],
  },
  'refused rows are not kept': {
    plant: { file: 'pipeline.js', find: 'await deadLetters.apply(letters);', replace: '' },
    load: { badChance: 0.1 },
    shows: ['lost', 'confirmed too early'],
  },
  'what was written is kept in memory': {
    plant: {
      file: 'pipeline.js',
      find: 'tap({ complete: () => release(slab, taken) })',
      replace:
        'tap({ complete: () => { if ((globalThis.kept ??= []).length < 6) globalThis.kept.push(Buffer.alloc(40_000_000, 1)); release(slab, taken); } })',
    },
    shows: ['memory'],
  },
};

describe('planted and caught', () => {
  test.each(Object.entries(defects))('%s', async (_name, { plant: defect, shows, ...more }) => {
    const report = await storm({ seed: 1, strikes: 1, faults: [calm], ...more, plants: [defect] });
    const found = new Set(report.problems.map(({ check }) => check));
    expect(shows.filter((check) => !found.has(check))).toEqual([]);
  });

  test('every check has such a defect', () => {
    expect(new Set(Object.values(defects).flatMap(({ shows }) => shows))).toEqual(new Set(CHECKS));
  });
});

test('without a defect the same load shows nothing', async () => {
  const report = await storm({ seed: 1, strikes: 2, faults: [calmAndTruncated, ...named('index: 503')] });
  expect(report.problems).toEqual([]);
  expect(report.confirmations).toBeGreaterThan(100);
});
