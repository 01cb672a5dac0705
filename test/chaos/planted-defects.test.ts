import { expect, test } from 'vitest';
import { type Plant, plant } from '../support/planted-program.ts';
import {
  backfillKilledAtItsBeginning,
  backfillKilledHalfway,
  backfillKilledWithTheSlotLost,
} from './backfill-scenarios.ts';
import {
  acceptedAndNeverPublished,
  killedAfterRefusal,
  killedAfterSettingAside,
  killedAfterStatusUpdates,
  killedBetweenAbuttingCommits,
  killedWhileLettersCannotBeWritten,
  killedWhileUnavailable,
  publishedOutOfOrder,
} from './defect-scenarios.ts';
import { cutOffAndReplaced, frozenAndReplaced, streamCutOffAndReplaced } from './replaced-scenarios.ts';
import type { Outcome, Scenario } from './scenario.ts';

const scenarios: Readonly<Record<string, Scenario>> = {
  'killed while the index is unavailable': killedWhileUnavailable,
  'killed after status updates, while the index is unavailable': killedAfterStatusUpdates,
  'killed while a right is missing': killedAfterRefusal,
  'killed after a record was set aside': killedAfterSettingAside,
  'killed while dead letters cannot be written': killedWhileLettersCannotBeWritten,
  'killed between two commits that abut': killedBetweenAbuttingCommits,
  'frozen, and replaced by another': frozenAndReplaced,
  'cut off from Postgres alone, and replaced by another': cutOffAndReplaced,
  'cut off where it streams, and replaced by another': streamCutOffAndReplaced,
  'accepted, and never published': acceptedAndNeverPublished,
  'published out of order': publishedOutOfOrder,
  'a backfill killed before anything of it is confirmed': backfillKilledAtItsBeginning,
  'a backfill killed when a part of it is confirmed': backfillKilledHalfway,
  'a backfill killed, and the slot lost': backfillKilledWithTheSlotLost,
};

test.each(Object.entries(scenarios))('nothing is lost or stale: %s', async (_name, scenario) => {
  expect(await scenario(undefined)).toEqual({ missing: [], extra: [], differing: [] });
});

type Planted = Plant & { readonly scenario: Scenario; readonly shows: keyof Outcome };

/** Each is a mistake that a change could make without being seen otherwise. */
const defects: Readonly<Record<string, Planted>> = {
  'confirm before the write': {
    file: 'pipeline.js',
    find: 'writer.write(steps)',
    replace:
      "(() => { const last = steps.findLast((step) => step.kind === 'position'); if (last) session.confirm(last.lsn); return writer.write(steps); })()",
    scenario: killedWhileUnavailable,
    shows: 'missing',
  },
  'acknowledge one byte more': {
    file: 'replication/transport.js',
    find: 'status.writeBigUInt64BE(lsn, 9)',
    replace: 'status.writeBigUInt64BE(lsn + 1n, 9)',
    scenario: killedBetweenAbuttingCommits,
    shows: 'missing',
  },
  'the status timer acknowledges what was received': {
    file: 'replication/walsender.js',
    find: "this.#sendStatus(verdict === 'ask')",
    replace: "this.#transport.sendStatus(this.#receivedLsn, verdict === 'ask')",
    scenario: killedAfterStatusUpdates,
    shows: 'missing',
  },
  'no fence before a write': {
    file: 'algolia/requests.js',
    find: 'defer(fence)',
    replace: 'defer(async () => undefined)',
    scenario: frozenAndReplaced,
    shows: 'differing',
  },
  'no fence before a write, and cut off': {
    file: 'algolia/requests.js',
    find: 'defer(fence)',
    replace: 'defer(async () => undefined)',
    scenario: cutOffAndReplaced,
    shows: 'extra',
  },
  'a fence before the first attempt only': {
    file: 'algolia/requests.js',
    find: 'return defer(fence)',
    replace: 'let proven; return defer(() => (proven ??= fence()))',
    scenario: frozenAndReplaced,
    shows: 'differing',
  },
  'what waits for a person is passed over': {
    file: 'algolia/persistence.js',
    find: 'return timer(delayMs, scheduler);',
    replace: 'return waits ? [] : timer(delayMs, scheduler);',
    scenario: killedAfterRefusal,
    shows: 'missing',
  },
  'refused records are dropped': {
    file: 'algolia/letters.js',
    find: 'setAside: [...setAside.values()]',
    replace: 'setAside: []',
    scenario: killedAfterSettingAside,
    shows: 'missing',
  },
  'a record is set aside for its name alone': {
    file: 'algolia/isolation.js',
    find: 'const [only, ...more] = part;',
    replace:
      'const at = placeOf(part, error.named); if (at !== undefined) { left.push(part.toSpliced(at, 1)); return refusedAlone(part[0], error, options); } const [only, ...more] = part;',
    scenario: killedAfterSettingAside,
    shows: 'missing',
  },
  'dead letters are written behind the confirmation': {
    file: 'pipeline.js',
    find: 'await deadLetters.apply(letters);',
    replace: 'deadLetters.apply(letters).catch(() => undefined);',
    scenario: killedWhileLettersCannotBeWritten,
    shows: 'missing',
  },
  'confirm when accepted': {
    file: 'algolia/publication.js',
    find: "if (options.confirmAfter === 'accepted')",
    replace: 'if (true)',
    scenario: acceptedAndNeverPublished,
    shows: 'missing',
  },
  'a published write takes unpublished ones along': {
    file: 'algolia/publication.js',
    find: 'const kept = this.#entries.findIndex(({ published }) => !published);',
    replace: 'const kept = -1;',
    scenario: publishedOutOfOrder,
    shows: 'missing',
  },
  'a backfill keeps what it has read, and not only what it has asked for': {
    file: 'backfill/backfill-table.js',
    find: 'for (let at = 0; at < page.length;) {',
    replace: 'await this.#state.passed(page.at(-1), this.#rows); for (let at = 0; at < page.length;) {',
    scenario: backfillKilledAtItsBeginning,
    shows: 'missing',
  },
  'a backfill goes on behind what is not done': {
    file: 'backfill/backfill-table.js',
    find: 'this.#key = last?.throughKey ?? undefined;',
    replace: 'this.#key = last?.throughKey?.map((part) => String(Number(part) + 2_000));',
    scenario: backfillKilledHalfway,
    shows: 'missing',
  },
  'a backfill keeps a chunk before the slot has passed it': {
    file: 'backfill/chunks-in-flight.js',
    find: 'await passed(chunk.target);',
    replace: 'await onConfirmed(chunk); await passed(chunk.target);',
    scenario: backfillKilledWithTheSlotLost,
    shows: 'missing',
  },
};

test.each(Object.entries(defects))(
  'planted and caught: %s',
  async (_name, { scenario, shows, ...defect }) => {
    await using planted = await plant(defect);
    const outcome = await scenario(planted.program);
    expect(outcome[shows].length).toBeGreaterThan(0);
  },
);

test.each([
  ['is not there', 'no such text'],
  ['is there more than once', 'return'],
])('a defect whose text %s cannot be planted', async (_name, find) => {
  await expect(plant({ file: 'pipeline.js', find, replace: '' })).rejects.toThrow('cannot be planted');
});
