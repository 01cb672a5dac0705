import { expect, test } from 'vitest';
import { checkFilterable } from '../../../src/algolia/filterable.ts';
import { restrictionsOf } from '../../../src/algolia/key-scope.ts';
import { PreconditionError } from '../../../src/errors.ts';

const tenant = (tenantAttribute: string) =>
  restrictionsOf({ tenant: 'a' }, { tenantAttribute, actorAttribute: 'actor', timeAttribute: 'at' });
const window = restrictionsOf(
  { fromMs: 1 },
  { tenantAttribute: 'tenant', actorAttribute: 'actor', timeAttribute: 'at' },
);

test.each([
  [['tenant'], 'tenant'],
  [['filterOnly(tenant)'], 'tenant'],
  [['afterDistinct(searchable(tenant))'], 'tenant'],
  [['metadata'], 'metadata.tenant'],
])('%j lets %s be filtered', (attributesForFaceting, attribute) => {
  expect(() => checkFilterable('i', { attributesForFaceting }, tenant(attribute))).not.toThrow();
});

test.each([[['tenants']], [['metadata.tenant']], [[]], [null], [undefined]])(
  '%j does not',
  (attributesForFaceting) => {
    expect(() => checkFilterable('i', { attributesForFaceting }, tenant('tenant'))).toThrow(
      PreconditionError,
    );
    expect(() => checkFilterable('i', { attributesForFaceting }, tenant('metadata'))).toThrow(
      PreconditionError,
    );
  },
);

test('numbers can be compared where nothing is listed, or they are', () => {
  for (const list of [undefined, null, ['at_ms']])
    expect(() => checkFilterable('i', { numericAttributesForFiltering: list }, window)).not.toThrow();
  for (const list of [[], ['at'], ['equalOnly(at_ms)']])
    expect(() => checkFilterable('i', { numericAttributesForFiltering: list }, window)).toThrow(
      /"at_ms" is not among/,
    );
});
