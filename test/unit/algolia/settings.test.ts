import { expect, test } from 'vitest';
import { RefusedError } from '../../../src/algolia/failures.ts';
import { applySettings, diffSettings, namesChange } from '../../../src/algolia/settings.ts';

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
  expect(diffSettings({ hitsPerPage: 30 }, { hitsPerPage: null })).toEqual([
    { name: 'hitsPerPage', from: 30, to: null },
  ]);
  expect(diffSettings({}, { hitsPerPage: null })).toEqual([]);
  expect(diffSettings(current, { hitsPerPage: null })).toEqual([]);
});

test('another spelling of the same is no change', () => {
  const shown = { typoTolerance: 'true', searchableAttributes: ['ordered(a)', 'b,c'], customRanking: null };
  const wanted = { typoTolerance: true, searchableAttributes: ['a', 'b, c'], customRanking: [] };
  expect(diffSettings(shown, wanted)).toEqual([]);
  expect(
    diffSettings({ searchableAttributes: ['unordered(a)'] }, { searchableAttributes: ['a'] }),
  ).toHaveLength(1);
  expect(diffSettings({ typoTolerance: false }, { typoTolerance: 'true' })).toHaveLength(1);
});

test('no number for filters is another thing than every number', () => {
  const none = { numericAttributesForFiltering: [] };
  expect(diffSettings({ numericAttributesForFiltering: null }, none)).toHaveLength(1);
  expect(diffSettings(none, { numericAttributesForFiltering: null })).toHaveLength(1);
  expect(diffSettings(none, none)).toEqual([]);
});

test('lists with other attributes tell that records have another shape, new lists do not', () => {
  const change = (from: unknown, to: unknown, name = 'attributesForFaceting') =>
    namesChange([{ name, from, to }]);
  expect(change(['a', 'b'], ['filterOnly(b)', 'searchable(a)'])).toBe(false);
  expect(change(['a'], ['a', 'b'])).toBe(true);
  expect(change(['a,b'], ['a'], 'searchableAttributes')).toBe(true);
  expect(change(null, ['a'])).toBe(false);
  expect(change(['typo'], ['words'], 'ranking')).toBe(false);
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
  expect(changes).toEqual({ changes: [{ name: 'hitsPerPage', from: 20, to: 50 }], published: true });
  expect(index.sent).toEqual([{ hitsPerPage: 50 }]);
  expect(index.answers).toEqual([]);
});

test('nothing is sent when nothing differs; an index that does not exist yet gets everything', async () => {
  const same = fakeIndex(current);
  expect(await applySettings(same, 'a', { hitsPerPage: 20 })).toEqual({ changes: [], published: true });
  expect(same.sent).toEqual([]);
  const fresh = fakeIndex(undefined);
  await applySettings(fresh, 'a', { hitsPerPage: 50 });
  expect(fresh.sent).toEqual([{ hitsPerPage: 50 }]);
});

test('a key that may not ask about tasks waits until the settings are there', async () => {
  const refused = new RefusedError('asking', { status: 403, reason: 'no', cause: new Error('403') });
  const shown = [{}, {}, { hitsPerPage: 50 }];
  const index = {
    ...fakeIndex(undefined),
    getSettings: async () => shown.shift(),
    isPublished: () => Promise.reject(refused),
  };
  expect(await applySettings(index, 'a', { hitsPerPage: 50 })).toMatchObject({ published: true });
  expect(shown).toEqual([]);
  const gone = new RefusedError('asking', { status: 404, reason: 'no', cause: new Error('404') });
  const lost = { ...fakeIndex(undefined), isPublished: () => Promise.reject(gone) };
  await expect(applySettings(lost, 'a', { hitsPerPage: 50 })).rejects.toBe(gone);
});
