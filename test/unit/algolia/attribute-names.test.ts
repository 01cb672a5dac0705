import { expect, test } from 'vitest';
import { namesFreeText, namesId } from '../../../src/algolia/attribute-names.ts';

test.each(['id', 'actor_id', 'actorId', 'userUUID', 'ip', 'remote_ip', 'email', 'content_hash'])(
  '%s names an id',
  (name) => {
    expect(namesId(name)).toBe(true);
  },
);

test.each(['paid', 'valid', 'kind', 'turkey', 'actor_type', 'identity', 'zip'])('%s names no id', (name) => {
  expect(namesId(name)).toBe(false);
});

test.each(['summary', 'error_message', 'longDescription', 'notes'])('%s names free text', (name) => {
  expect(namesFreeText(name)).toBe(true);
});

test.each(['action', 'context', 'subtitle', 'textual', 'outcome'])('%s names no free text', (name) => {
  expect(namesFreeText(name)).toBe(false);
});
