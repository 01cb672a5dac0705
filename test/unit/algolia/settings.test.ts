import { expect, test } from 'vitest';
import { applySettings, diffSettings } from '../../../src/algolia/settings.ts';

const current = {
  searchableAttributes: ['a', 'b'],
  hitsPerPage: 20,
  typoTolerance: 'min',
  custom: { x: 1, y: [1] },
};

test('only what differs is a change; what is not asked for is left alone', () => {
  expect(diffSettings(current, { hitsPerPage: 20, custom: { y: [1], x: 1 } })).toEqual([]);
  expect(
    diffSettings(current, { typoTolerance: true, searchableAttributes: ['b', 'a'], ranking: ['typo'] }),
  ).toEqual([
    { name: 'ranking', from: null, to: ['typo'] },
    { name: 'searchableAttributes', from: ['a', 'b'], to: ['b', 'a'] },
    { name: 'typoTolerance', from: 'min', to: true },
  ]);
});

test('null asks for the default, and is no change when nothing is set', () => {
  expect(diffSettings(current, { hitsPerPage: null })).toEqual([{ name: 'hitsPerPage', from: 20, to: null }]);
  expect(diffSettings({}, { hitsPerPage: null })).toEqual([]);
});

function fakeIndex(settings: Record<string, unknown> | undefined) {
  const sent: unknown[] = [];
  const answers = [false, true];
  return {
    sent,
    answers,
    getSettings: async () => settings,
    setSettings: async (_index: string, changed: unknown) => {
      sent.push(changed);
      return { taskID: 1 };
    },
    isPublished: async () => answers.shift() ?? true,
  };
}

test('applying sends the changes alone and waits until they are published', async () => {
  const index = fakeIndex(current);
  const changes = await applySettings(index, 'a', { hitsPerPage: 50, typoTolerance: 'min' });
  expect(changes).toEqual([{ name: 'hitsPerPage', from: 20, to: 50 }]);
  expect(index.sent).toEqual([{ hitsPerPage: 50 }]);
  expect(index.answers).toEqual([]);
});

test('nothing is sent when nothing differs; an index that does not exist yet gets everything', async () => {
  const same = fakeIndex(current);
  expect(await applySettings(same, 'a', { hitsPerPage: 20 })).toEqual([]);
  expect(same.sent).toEqual([]);
  const fresh = fakeIndex(undefined);
  await applySettings(fresh, 'a', { hitsPerPage: 20 });
  expect(fresh.sent).toEqual([{ hitsPerPage: 20 }]);
});
