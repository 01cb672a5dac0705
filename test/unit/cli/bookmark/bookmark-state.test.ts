import { expect, test } from 'vitest';
import { bookmarkState } from '../../../../src/cli/bookmark/bookmark-state.ts';
import type { Bookmark } from '../../../../src/database/bookmarks/bookmark-list.ts';

const KEPT: Bookmark = {
  name: 'm',
  slot: 'wal2algolia_bookmark_01234567_m',
  position: '0/1',
  createdAt: '2026-11-23T14:00:00.000000Z',
  ageSeconds: 60,
  expiresAt: '2026-11-24T14:00:00.000000Z',
  secondsLeft: 60,
  walMaxBytes: 1000,
  isRecorded: true,
  hasSlot: true,
  activePid: null,
  retainedBytes: 1000,
  catalogXminAge: 1,
  safeWalBytes: null,
  walStatus: 'reserved',
  invalidationReason: null,
  inactiveSince: null,
  idleSecondsLeft: null,
};
const NO_SLOT = { hasSlot: false, walStatus: null, retainedBytes: null };
const LOST = { walStatus: 'lost', retainedBytes: null };

test.each<[string, Partial<Bookmark>, RegExp | undefined]>([
  ['kept', {}, undefined],
  ['being read', { activePid: 7 }, undefined],
  ['kept', { walStatus: 'extended' }, undefined],
  ['nearly lost', { walStatus: 'unreserved' }, /next checkpoint may take it away: replay it now/],
  ['expired', { secondsLeft: 0 }, /^the running pipeline drops it, or `wal2algolia bookmark drop m`$/],
  ['expired', { secondsLeft: -1, activePid: 7 }, /pipeline drops it/],
  ['over its limit', { retainedBytes: 1001 }, /pipeline drops it/],
  ['gone', NO_SLOT, /failover.*bookmark drop m` forgets it$/],
  ['gone', { ...NO_SLOT, secondsLeft: -1 }, /forgets it$/],
  ['lost', LOST, /any more, so it leads nowhere; .*bookmark drop m/],
  ['lost', { ...LOST, invalidationReason: 'idle_timeout', secondsLeft: -1 }, /any more \(idle_timeout\), so/],
  ['unfinished', { isRecorded: false, secondsLeft: null, walMaxBytes: null }, /creation was ended/],
])('%s: %j', (state, more, remedy) => {
  const found = bookmarkState({ ...KEPT, ...more });
  expect(found.state).toBe(state);
  if (remedy === undefined) expect(found.remedy).toBeUndefined();
  else expect(found.remedy).toMatch(remedy);
});
