import { expect, test } from 'vitest';
import { deriveSettings } from '../../../src/algolia/derived-settings.ts';
import { describeAttributes } from '../../../src/records/described-attributes.ts';
import { INT8 } from './record-encoder-case.ts';
import { catalogOf, relationOf } from './tuples.ts';

test('a name that is looked up is searched, whatever the id is', () => {
  const attributes = describeAttributes({
    relation: relationOf({ id: INT8, actor_id: INT8 }),
    table: {
      index: 'log',
      objectID: ['id'],
      attributes: { id: 'id', actor_id: 'actor_id', actor_name: { column: 'actor_id', lookup: 'users' } },
    },
    qualifiedName: 'public.log',
    types: catalogOf({ oid: INT8, category: 'N' }),
  });
  expect(attributes.at(-1)).toEqual({ name: 'actor_name', kind: 'text', isKey: false });
  const roles = { tenantAttribute: 'tenant', actorAttribute: 'actor_id', timeAttribute: 'occurred_at' };
  const settings = deriveSettings([{ qualifiedName: 'public.log', attributes, isCut: false }], roles);
  expect(settings['searchableAttributes']).toEqual(['actor_name']);
  expect(settings['attributesForFaceting']).toContain('actor_name');
});
