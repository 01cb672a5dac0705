import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import { UsageError } from '../../../src/errors.ts';
import { actorIds } from '../../../src/records/actor-ids.ts';
import { Pseudonyms } from '../../../src/records/pseudonyms.ts';

const who = (pseudonym: unknown) => ({ actor_id: { column: 'user_id', pseudonym } });

function config(...attributes: unknown[]) {
  return parseConfig({
    postgres: { url: 'postgres://db/app' },
    algolia: { appId: 'app', apiKey: 'key' },
    pseudonyms: {
      keys: [
        { id: 'a', secret: 'a'.repeat(32) },
        { id: 'b', from: '2026-01-01', secret: 'b'.repeat(32) },
      ],
    },
    tables: Object.fromEntries(
      attributes.map((each, at) => [`a.t${at}`, { index: `i${at}`, time: 'at', attributes: each as never }]),
    ),
  });
}

test('an actor that stands in the records as it is has one id', () => {
  expect(actorIds(config({ actor_id: 'user_id' }, undefined), '42')).toEqual(['42']);
});

test('an original id becomes those under every key, of every kind', () => {
  const all = config(who('user'), who('member'), who('user'));
  const pseudonyms = new Pseudonyms(all.pseudonyms.keys);
  const ids = ['user', 'member'].flatMap((kind) => [...pseudonyms.all(kind, '42').values()]);
  expect(actorIds(all, '42')).toEqual(ids);
  expect(new Set(ids).size).toBe(4);
  const [first = ''] = ids;
  expect(actorIds(all, first)).toEqual([first]);
  expect(actorIds(all, first, true)).toEqual(
    ['user', 'member'].flatMap((kind) => [...pseudonyms.all(kind, first).values()]),
  );
});

test('where it stands as it is as well, it is among them', () => {
  expect(actorIds(config(who('user'), { actor_id: 'user_id' }), '42')).toHaveLength(3);
});

test('of an original id without keys, or of a kind that is not known, there is none', () => {
  const without = { ...config(who('user')), pseudonyms: { keys: [] } };
  const unknown = config(who({ column: 'kind' }));
  for (const each of [without, unknown]) expect(() => actorIds(each, '42')).toThrow(UsageError);
  const id = 'user_34s2tgtn5b4nnv5xaya01fezn5';
  for (const each of [without, unknown]) expect(actorIds(each, id)).toEqual([id]);
});
