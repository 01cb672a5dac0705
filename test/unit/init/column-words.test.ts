import { expect, test } from 'vitest';
import { squeezed, words } from '../../../src/init/column-words.ts';

test.each([
  ['actor_id', 'actor_id'],
  ['actorId', 'actor_id'],
  ['ActorID', 'actor_id'],
  ['ACTOR_ID', 'actor_id'],
  ['actor-id', 'actor_id'],
  ['Actor Id', 'actor_id'],
  ['__actor..id__', 'actor_id'],
  ['IPAddress', 'ip_address'],
  ['http2Status', 'http2_status'],
  ['userId2', 'user_id2'],
  ['größeInCm', 'größe_in_cm'],
  ['备注', '备注'],
  ['"; DROP', 'drop'],
  ['', ''],
])('%j is the words %j', (name, expected) => {
  expect(words(name)).toBe(expected);
});

test('what Postgres makes of a name without quotes is the same name', () => {
  expect(squeezed('createdat')).toBe(squeezed('createdAt'));
});
